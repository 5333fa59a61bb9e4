import { bytesPerElement, elementCount } from "../dtype.js";
import type { LazyTensor, TensorFile } from "../types.js";
import type { TensorProto } from "./tensor-proto.js";

/** The constants of a graph as a file of tensors, by the given names. Their numbers are decoded when they are read first. */
export function openConstants(path: string, constants: ReadonlyMap<string, TensorProto>): TensorFile {
  const tensors = new Map<string, LazyTensor>();
  for (const [name, constant] of constants) {
    const { dtype } = constant;
    if (dtype === undefined || dtype === "string") continue;
    const shape = constant.dims();
    let bytes: Uint8Array | null = null;
    tensors.set(name, {
      name,
      dtype,
      shape,
      byteLength: elementCount(shape) * bytesPerElement(dtype),
      location: { file: path },
      read(target, byteOffset) {
        bytes ??= constant.bytes();
        target.set(bytes.subarray(byteOffset, byteOffset + target.length));
      },
    });
  }
  return { path, format: "tf-graph", tensors, metadata: {}, aliases: [], close() {} };
}
