import { sameSizes } from "../../align/relate-shapes.js";
import { haveSameBytes } from "../../compare/same-bytes.js";
import { weightTransforms } from "../../compare/weight-transforms.js";
import type { LazyTensor, TensorFile } from "../../formats/types.js";

/**
 * The variable whose values a parameter holds to the bit, in whatever order: one that is written twice (tied embeddings) comes
 * from a variable that has found its place already.
 */
export function findTwin(
  own: LazyTensor,
  reference: TensorFile,
  keys: readonly string[],
): { readonly reference: string; readonly transform: string; readonly maxAbs: 0; readonly matchedBy: "values" } | null {
  // Vectors of zeros and ones are all alike.
  if (own.shape.filter((size) => size > 1).length < 2) return null;
  for (const key of keys) {
    const other = reference.tensors.get(key);
    if (other === undefined || other.dtype !== own.dtype || !sameSizes(other.shape, own.shape)) continue;
    const found = weightTransforms(other.shape, own.shape).find((one) => haveSameBytes(other, own, one.layout));
    if (found !== undefined) return { reference: key, transform: found.name, maxAbs: 0, matchedBy: "values" };
  }
  return null;
}
