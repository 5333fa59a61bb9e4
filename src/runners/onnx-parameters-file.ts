import { elementCount } from "../formats/dtype.js";
import { openFileBytes } from "../formats/file-bytes.js";
import { type TensorToWrite, writeSafetensors } from "../formats/safetensors-write.js";
import type { StoredWeight } from "./candidate.js";
import type { OnnxCandidateModel } from "./onnx-model.js";
import type { Value } from "./onnx-values.js";

/** Bytes that are held against each other at once. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/**
 * Writes the parameters to a safetensors file, each once: those that equal, byte for byte, what is stored for them are only named.
 *
 * @param changed parameters that are written with other values
 */
export function writeOnnxParameters(
  model: OnnxCandidateModel,
  out: string,
  stored: Readonly<Record<string, StoredWeight>>,
  changed: ReadonlyMap<string, Value>,
): { readonly file: string; readonly names: readonly string[]; readonly equal: readonly string[] } {
  const equal: string[] = [];
  const written: TensorToWrite[] = [];
  for (const { name, shape, sameAs } of model.describe().parameters) {
    if (sameAs !== null) continue;
    const edited = changed.get(name);
    const wanted = stored[name];
    const own = edited ?? model.plainTensor(name) ?? model.valueOf(name);
    if (own === undefined) continue;
    const { dtype } = own;
    if ("read" in own && wanted !== undefined && lies(wanted, own.shape, dtype) && holdsSame(own, wanted)) {
      equal.push(name);
      continue;
    }
    written.push({ name, dtype, shape, data: "read" in own ? own : own.bytes });
  }
  writeSafetensors(out, written);
  return { file: out, names: written.map((one) => one.name), equal };
}

/** Whether the stored bytes are to be the parameter's own, in their order. Axes of one element may be anywhere. */
function lies({ dtype, shape, permute }: StoredWeight, own: readonly number[], ownDtype: string): boolean {
  const order = (permute ?? shape.map((_, axis) => axis)).filter((axis) => (shape[axis] ?? 1) > 1);
  const inOrder = order.every((axis, i) => i === 0 || axis > (order[i - 1] ?? 0));
  return dtype === ownDtype && inOrder && elementCount(shape) === elementCount(own);
}

function holdsSame(
  own: { readonly byteLength: number; read(target: Uint8Array, byteOffset: number): void },
  stored: StoredWeight,
): boolean {
  const file = openFileBytes(stored.file);
  try {
    for (let at = 0; at < own.byteLength; at += BLOCK_BYTES) {
      const size = Math.min(BLOCK_BYTES, own.byteLength - at);
      const [left, right] = [Buffer.alloc(size), Buffer.alloc(size)];
      own.read(left, at);
      file.read(right, stored.offset + at);
      if (!left.equals(right)) return false;
    }
    return true;
  } finally {
    file.close();
  }
}
