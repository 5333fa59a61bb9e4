import { elementCount } from "../formats/dtype.js";

/** The part of a partitioned variable that one variable op holds. */
export interface PartSlice {
  readonly fullShape: readonly number[];
  readonly start: readonly number[];
  readonly length: readonly number[];
}

/** Reads a Saver's `shape_and_slice`: `20 4 0,10:-` are rows 0 to 9 of [20, 4]. Null for "", a whole variable. */
export function readSliceSpec(spec: string): PartSlice | null {
  if (spec === "") return null;
  const words = spec.split(" ");
  const fullShape = words.slice(0, -1).map(Number);
  const ranges = (words.at(-1) ?? "").split(":").map((range) => (range === "-" ? null : range.split(",").map(Number)));
  return {
    fullShape,
    start: fullShape.map((_, axis) => ranges[axis]?.[0] ?? 0),
    length: fullShape.map((size, axis) => ranges[axis]?.[1] ?? size),
  };
}

/** The row-major index in the whole tensor of the part's element `local`. */
export function indexInWhole(part: PartSlice, local: number): number {
  let rest = local;
  let index = 0;
  for (let axis = part.fullShape.length - 1; axis >= 0; axis--) {
    const size = part.length[axis] ?? 1;
    const stride = elementCount(part.fullShape.slice(axis + 1));
    index += ((part.start[axis] ?? 0) + (rest % size)) * stride;
    rest = Math.floor(rest / size);
  }
  return index;
}
