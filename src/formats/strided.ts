import { elementCount } from "./dtype.js";

/** How the row-major bytes of a strided tensor lie in its storage: equal runs of adjacent bytes. */
export interface RunPlan {
  readonly runBytes: number;
  /** Sizes and byte strides of the axes that number the runs, outermost first. */
  readonly sizes: readonly number[];
  readonly byteStrides: readonly number[];
}

/** Row-major strides, in elements. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides: number[] = new Array(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
    strides[axis] = (strides[axis + 1] ?? 1) * Math.max(shape[axis + 1] ?? 1, 1);
  }
  return strides;
}

/** True when strides lay the elements out in row-major order; axes of size 1 and empty tensors may have any stride. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  const expected = rowMajorStrides(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === expected[axis]);
}

/** Elements of storage from the first to the last that the view touches, both included; 0 for an empty tensor. */
export function spanElements(shape: readonly number[], strides: readonly number[]): number {
  if (elementCount(shape) === 0) return 0;
  return shape.reduce((last, size, axis) => last + (size - 1) * (strides[axis] ?? 0), 1);
}

/** Splits a view into runs: the innermost axes that are adjacent in storage make one run. */
export function planRuns(shape: readonly number[], strides: readonly number[], itemBytes: number): RunPlan {
  let run = 1;
  let axis = shape.length - 1;
  while (axis >= 0 && (shape[axis] === 1 || strides[axis] === run)) {
    run *= shape[axis] ?? 1;
    axis -= 1;
  }
  return {
    runBytes: run * itemBytes,
    sizes: shape.slice(0, axis + 1),
    byteStrides: strides.slice(0, axis + 1).map((stride) => stride * itemBytes),
  };
}

/**
 * Calls `copy(targetOffset, length, storageOffset)` for each piece of storage that makes up the `length` row-major bytes
 * from `byteOffset`, in order.
 */
export function copyRuns(
  plan: RunPlan,
  length: number,
  byteOffset: number,
  copy: (targetOffset: number, length: number, storageOffset: number) => void,
): void {
  const { runBytes, sizes, byteStrides } = plan;
  if (length === 0 || runBytes === 0) return;
  const index: number[] = new Array(sizes.length).fill(0);
  let rest = Math.floor(byteOffset / runBytes);
  let base = 0;
  for (let axis = sizes.length - 1; axis >= 0; axis -= 1) {
    const size = sizes[axis] ?? 1;
    index[axis] = rest % size;
    base += (rest % size) * (byteStrides[axis] ?? 0);
    rest = Math.floor(rest / size);
  }
  let within = byteOffset % runBytes;
  for (let done = 0; done < length; ) {
    const piece = Math.min(runBytes - within, length - done);
    copy(done, piece, base + within);
    done += piece;
    within = 0;
    for (let axis = sizes.length - 1; axis >= 0; axis -= 1) {
      const next = (index[axis] ?? 0) + 1;
      base += byteStrides[axis] ?? 0;
      if (next < (sizes[axis] ?? 1)) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      base -= next * (byteStrides[axis] ?? 0);
    }
  }
}
