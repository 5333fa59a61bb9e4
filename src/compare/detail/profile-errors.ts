import type { DetailKernel } from "../detail-kernel.js";
import type { AxisProfile } from "../types.js";

/** Tensors of more axes than this do not occur in models; the axes behind are left out. */
const MAX_AXES = 8;

interface AxisSums {
  readonly axis: number;
  readonly size: number;
  readonly maxAbs: Float64Array;
  readonly squares: Float64Array;
  readonly counts: Float64Array;
}

/** Sums of errors for every index of every axis longer than 1, gathered block by block. */
export class ErrorProfiler {
  private readonly sums: readonly AxisSums[];

  private readonly kernel: DetailKernel | null;

  /**
   * @param shape the candidate's
   * @param kernel where errors are its own block
   */
  constructor(shape: readonly number[], kernel: DetailKernel | null = null) {
    const long = shape.flatMap((size, axis) => (size > 1 ? [{ size, axis }] : []));
    const last = long.at(-1);
    const fits = kernel !== null && last !== undefined && last.size <= kernel.columnMax.length;
    this.kernel = fits ? kernel : null;
    this.sums = long.map((one) =>
      fits && one === last ? kernelAxis(one.size, one.axis, kernel) : emptyAxis(one.size, one.axis),
    );
  }

  /**
   * @param errors as `fillErrors` gives them: what is negative or infinite is counted nowhere
   * @param first flat index of the block's first element
   * @param finite no error is negative or infinite
   */
  add(errors: Float64Array, first: number, length: number, finite: boolean): void {
    const last = this.sums.at(-1);
    if (last === undefined) return;
    // A row runs along the last axis that is longer than 1; a block may end in the middle of one.
    for (let from = 0; from < length; ) {
      const column = (first + from) % last.size;
      const to = Math.min(length, from + last.size - column);
      const row = this.addRow(errors, from, to, last, column, finite);
      addToOuterAxes(this.sums, Math.floor((first + from) / last.size), row);
      from = to;
    }
  }

  private addRow(
    errors: Float64Array,
    from: number,
    to: number,
    last: AxisSums,
    column: number,
    finite: boolean,
  ): RowSums {
    if (!finite) return addOpenRow(errors, from, to, last, column);
    if (this.kernel === null) return addRow(errors, from, to, last, column);
    const [maxAbs = 0, squares = 0] = this.kernel.addRow(from, to, column);
    for (let j = column; j < column + to - from; j++) last.counts[j] = (last.counts[j] ?? 0) + 1;
    return { maxAbs, squares, count: to - from };
  }

  finish(): AxisProfile[] {
    return this.sums.filter(({ axis }) => axis < MAX_AXES).map(finishAxis);
  }
}

function emptyAxis(size: number, axis: number): AxisSums {
  const zeros = (): Float64Array => new Float64Array(size);
  return { axis, size, maxAbs: zeros(), squares: zeros(), counts: zeros() };
}

/** The last axis in the kernel's own columns. */
function kernelAxis(size: number, axis: number, kernel: DetailKernel): AxisSums {
  const own = (columns: Float64Array): Float64Array => columns.subarray(0, size).fill(0);
  return {
    axis,
    size,
    maxAbs: own(kernel.columnMax),
    squares: own(kernel.columnSquares),
    counts: new Float64Array(size),
  };
}

interface RowSums {
  readonly maxAbs: number;
  readonly squares: number;
  readonly count: number;
}

/** Adds elements `from` to `to` of a block, which start at `column` of a row, to the last axis; gives back their sums. */
function addRow(errors: Float64Array, from: number, to: number, last: AxisSums, column: number): RowSums {
  const { maxAbs: largest, squares: sums, counts } = last;
  let maxAbs = 0;
  let squares = 0;
  for (let i = from, j = column; i < to; i++, j++) {
    const error = errors[i] ?? 0;
    const square = error * error;
    if (error > (largest[j] ?? 0)) largest[j] = error;
    sums[j] = (sums[j] ?? 0) + square;
    counts[j] = (counts[j] ?? 0) + 1;
    if (error > maxAbs) maxAbs = error;
    squares += square;
  }
  return { maxAbs, squares, count: to - from };
}

/** The same where some elements are not finite. */
function addOpenRow(errors: Float64Array, from: number, to: number, last: AxisSums, column: number): RowSums {
  let [maxAbs, squares, count] = [0, 0, 0];
  for (let i = from; i < to; i++) {
    const error = errors[i] ?? 0;
    if (error < 0 || error === Number.POSITIVE_INFINITY) continue;
    const one = addRow(errors, i, i + 1, last, column + i - from);
    maxAbs = Math.max(maxAbs, one.maxAbs);
    squares += one.squares;
    count++;
  }
  return { maxAbs, squares, count };
}

function addToOuterAxes(sums: readonly AxisSums[], row: number, { maxAbs, squares, count }: RowSums): void {
  let rest = row;
  for (let at = sums.length - 2; at >= 0; at--) {
    const sum = sums[at];
    if (sum === undefined) continue;
    const index = rest % sum.size;
    rest = Math.floor(rest / sum.size);
    sum.maxAbs[index] = Math.max(sum.maxAbs[index] ?? 0, maxAbs);
    sum.squares[index] = (sum.squares[index] ?? 0) + squares;
    sum.counts[index] = (sum.counts[index] ?? 0) + count;
  }
}

function finishAxis({ axis, size, maxAbs, squares, counts }: AxisSums): AxisProfile {
  return {
    axis,
    size,
    maxAbs: Array.from(maxAbs),
    rms: Array.from(squares, (sum, i) => (counts[i] === 0 ? 0 : Math.sqrt(sum / (counts[i] ?? 1)))),
  };
}
