import { ParityError } from "../../errors.js";
import { bytesPerElement, elementCount } from "../../formats/dtype.js";
import type { DType, LazyTensor, TensorFile } from "../../formats/types.js";
import { shortPath } from "./record-command.js";

/** A variable whose name, type and shape are kept, and whose values are not. */
export interface DeclaredVariable {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/**
 * Variables without values, as a file of tensors: the graph can be understood with them. Reading one throws REFERENCE_FAILED
 * with what records them.
 */
export function declareVariables(directory: string, declared: readonly DeclaredVariable[]): TensorFile {
  const tensors = new Map<string, LazyTensor>(
    declared.map(({ name, dtype, shape }) => [
      name,
      {
        name,
        dtype,
        shape,
        byteLength: elementCount(shape) * bytesPerElement(dtype),
        location: { file: directory },
        read() {
          throw new ParityError("REFERENCE_FAILED", `The golden ${shortPath(directory)} keeps no weights.`, {
            where: { file: directory, key: name },
            hint: "Record it with them: parity record --weights all",
          });
        },
      },
    ]),
  );
  return { path: directory, format: "safetensors", tensors, metadata: {}, aliases: [], close() {} };
}
