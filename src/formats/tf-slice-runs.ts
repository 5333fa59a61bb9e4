import { elementCount } from "./dtype.js";

/** A box inside a tensor: where it starts and how long it is along every axis. */
export interface Box {
  readonly start: readonly number[];
  readonly length: readonly number[];
}

/**
 * How a box lies in the row-major tensor around it: `count` runs of `runLength` consecutive elements. In the box's own
 * (dense, row-major) data, run r begins at element r × runLength.
 */
export class BoxRuns {
  readonly runLength: number;
  readonly count: number;
  private readonly outer: readonly { readonly size: number; readonly stride: number }[];
  private readonly base: number;

  constructor(shape: readonly number[], box: Box) {
    const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
    // The innermost axes that are whole, and the one before them, make one run.
    let axis = shape.length - 1;
    while (axis > 0 && box.length[axis] === shape[axis]) axis--;
    const inner = Math.max(axis, 0);
    this.runLength = elementCount(box.length.slice(inner));
    this.outer = box.length.slice(0, inner).map((size, index) => ({ size, stride: strides[index] ?? 1 }));
    this.count = this.outer.reduce((product, { size }) => product * size, 1);
    this.base = box.start.reduce((sum, start, index) => sum + start * (strides[index] ?? 1), 0);
  }

  /** The element of the whole tensor at which run `run` begins; it grows with `run`. */
  startOf(run: number): number {
    let rest = run;
    let start = this.base;
    for (let index = this.outer.length - 1; index >= 0; index--) {
      const { size, stride } = this.outer[index] ?? { size: 1, stride: 0 };
      start += (rest % size) * stride;
      rest = Math.floor(rest / size);
    }
    return start;
  }

  /** The first run that ends after `element`; `count` when there is none. */
  firstEndingAfter(element: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.startOf(middle) + this.runLength > element) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** What is wrong with boxes that should cover a tensor exactly once; undefined when they do. */
export function findCoverFault(shape: readonly number[], boxes: readonly Box[]): string | undefined {
  for (const { start, length } of boxes) {
    const fits =
      start.length === shape.length &&
      shape.every((size, axis) => {
        const [from, extent] = [start[axis] ?? -1, length[axis] ?? -1];
        return from >= 0 && extent >= 0 && from + extent <= size;
      });
    if (!fits) return `the slice at [${start}] of size [${length}] lies outside`;
  }
  // Inside, without overlap, and as many elements as the tensor: then nothing is missing.
  for (const [index, box] of boxes.entries()) {
    const other = boxes.slice(index + 1).find((candidate) => overlap(box, candidate));
    if (other !== undefined) return `the slices at [${box.start}] and [${other.start}] overlap`;
  }
  const covered = boxes.reduce((sum, { length }) => sum + elementCount(length), 0);
  const total = elementCount(shape);
  return covered === total ? undefined : `the slices hold ${covered} of ${total} elements`;
}

function overlap(a: Box, b: Box): boolean {
  if (a.length.includes(0) || b.length.includes(0)) return false;
  return a.start.every((start, axis) => {
    const other = b.start[axis] ?? 0;
    return start < other + (b.length[axis] ?? 0) && other < start + (a.length[axis] ?? 0);
  });
}
