import type { NodeDef } from "../../formats/tf-proto/types.js";
import { integerAttribute } from "./attributes.js";
import type { Folded } from "./fold-constant.js";

/** StridedSlice of a vector of constants or sizes: `shape[-1]`, `shape[1:]`. Null for anything less plain. */
export function sliceOnce(node: NodeDef, inputs: readonly (Folded | null | undefined)[]): Folded | null {
  const [data, begin, end, strides] = inputs;
  if (data?.shape.length !== 1 || begin?.values.length !== 1) return null;
  if (integerAttribute(node, "ellipsis_mask") || integerAttribute(node, "new_axis_mask")) return null;
  const stride = strides?.values[0] ?? 1;
  const size = data.values.length;
  const place = (at: number): number => Math.min(size, Math.max(0, at < 0 ? at + size : at));
  const first = integerAttribute(node, "begin_mask") ? 0 : begin.values[0];
  if (first == null || stride !== 1) return null;
  if (integerAttribute(node, "shrink_axis_mask")) {
    return { shape: [], values: [data.values[place(first)] ?? null], node: data.node };
  }
  const last = integerAttribute(node, "end_mask") ? size : end?.values[0];
  if (last == null) return null;
  const values = data.values.slice(place(first), place(last));
  return { shape: [values.length], values, node: data.node };
}
