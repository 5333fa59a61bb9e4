import { bytesPerElement, elementCount } from "../formats/dtype.js";
import { readTensor } from "../formats/read-tensor.js";
import type { LazyTensor } from "../formats/types.js";
import type { OnnxParameter } from "../onnx/parameters.js";
import { ownerOf } from "../onnx/parameters.js";
import { permuteValue } from "./onnx-values.js";

/** A weight that an exporter wrote twice, once for each of its uses. */
export interface Tie {
  /** The parameter that holds the same numbers. */
  readonly to: string;
  /** They lie transposed. */
  readonly transposed: boolean;
}

/** Smaller matrices may be equal by chance (identities, zeros), and are not worth tying. */
const LEAST_ELEMENTS = 64;

/**
 * Finds the weights that are copies of others: exporters that fold a transposition write a shared kernel (an embedding that is
 * also the head) a second time, under a name that they make up. Looked for among matrices of such names only.
 */
export function findTies(
  parameters: readonly OnnxParameter[],
  tensors: ReadonlyMap<string, LazyTensor>,
): ReadonlyMap<string, Tie> {
  const ties = new Map<string, Tie>();
  const matrices = parameters.filter((one) => one.tensor.dims.length === 2);
  for (const copy of matrices) {
    if (ownerOf(copy.tensor.name) !== null || elementCount(copy.tensor.dims) < LEAST_ELEMENTS) continue;
    for (const one of matrices) {
      if (one === copy || ties.has(one.name) || ownerOf(one.tensor.name) === null) continue;
      const [a, b] = [tensors.get(one.tensor.name), tensors.get(copy.tensor.name)];
      const tie = a === undefined || b === undefined ? null : compare(a, b);
      if (tie === null) continue;
      ties.set(copy.name, { to: one.name, transposed: tie === "transposed" });
      break;
    }
  }
  return ties;
}

function compare(a: LazyTensor, b: LazyTensor): "same" | "transposed" | null {
  if (a.dtype !== b.dtype || a.byteLength !== b.byteLength) return null;
  const same = a.shape.join() === b.shape.join();
  const transposed = [...a.shape].reverse().join() === b.shape.join();
  if (!same && !transposed) return null;
  // The corner tells nearly all that differ apart without reading them.
  const item = bytesPerElement(a.dtype);
  const corners = [a, b].map((one) => {
    const bytes = new Uint8Array(item);
    one.read(bytes, 0);
    return Buffer.from(bytes);
  });
  if (corners[0]?.equals(corners[1] ?? Buffer.alloc(0)) !== true) return null;
  const [own, other] = [readTensor(a), Buffer.from(readTensor(b))];
  if (same && other.equals(own)) return "same";
  const { bytes } = permuteValue({ dtype: a.dtype, shape: a.shape, bytes: own }, [1, 0]);
  return transposed && other.equals(bytes) ? "transposed" : null;
}
