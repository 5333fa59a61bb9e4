import { elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { readBlocks } from "./block-reader.js";
import { makeComparable } from "./comparable.js";
import type { AxisProfile, Layout } from "./types.js";

/** Tensors of more axes than this do not occur in models; the axes behind are left out. */
const MAX_AXES = 8;
const BLOCK = 32768;

interface AxisSums {
  readonly axis: number;
  readonly size: number;
  readonly maxAbs: Float64Array;
  readonly squares: Float64Array;
  readonly counts: Float64Array;
}

/**
 * Max |error| and rms of the error for every index of every axis of the candidate, over positions where both sides are
 * finite (0 for a slice without any). Axes of size 1 have no profile, nor have scalars and empty tensors. Errors are taken in
 * float64; 64-bit integers beyond 2⁵³ are rounded to it first.
 *
 * @throws ParityError INPUTS_INVALID as compareTensors
 */
export function profileTensors(reference: LazyTensor, candidate: LazyTensor, layout: Layout): AxisProfile[] {
  const arranged = makeComparable(reference, candidate, layout);
  const count = elementCount(candidate.shape);
  const sums = candidate.shape.map(emptyAxis);
  const last = sums.at(-1);
  if (count === 0 || last === undefined) return [];
  const r = new Float64Array(BLOCK);
  const c = new Float64Array(BLOCK);
  const referenceReader = readBlocks(arranged, BLOCK);
  const candidateReader = readBlocks(candidate, BLOCK);
  // A row runs along the last axis; a block may end in the middle of one.
  for (let first = 0; first < count; first += BLOCK) {
    const length = Math.min(BLOCK, count - first);
    referenceReader.read(first, length, r);
    candidateReader.read(first, length, c);
    for (let from = 0; from < length; ) {
      const column = (first + from) % last.size;
      const to = Math.min(length, from + last.size - column);
      const row = addRow(r, c, from, to, last, column);
      addToOuterAxes(sums, Math.floor((first + from) / last.size), row);
      from = to;
    }
  }
  return sums.filter(({ axis, size }) => axis < MAX_AXES && size > 1).map(finishAxis);
}

function emptyAxis(size: number, axis: number): AxisSums {
  const zeros = (): Float64Array => new Float64Array(size);
  return { axis, size, maxAbs: zeros(), squares: zeros(), counts: zeros() };
}

interface RowSums {
  readonly maxAbs: number;
  readonly squares: number;
  readonly count: number;
}

/** Adds elements `from` to `to` of a block, which start at `column` of a row, to the last axis; gives back their sums. */
function addRow(r: Float64Array, c: Float64Array, from: number, to: number, last: AxisSums, column: number): RowSums {
  let maxAbs = 0;
  let squares = 0;
  let count = 0;
  for (let i = from, j = column; i < to; i++, j++) {
    const reference = r[i] ?? 0;
    const candidate = c[i] ?? 0;
    if (!Number.isFinite(reference) || !Number.isFinite(candidate)) continue;
    const error = Math.abs(candidate - reference);
    const square = error * error;
    if (error > (last.maxAbs[j] ?? 0)) last.maxAbs[j] = error;
    last.squares[j] = (last.squares[j] ?? 0) + square;
    last.counts[j] = (last.counts[j] ?? 0) + 1;
    if (error > maxAbs) maxAbs = error;
    squares += square;
    count++;
  }
  return { maxAbs, squares, count };
}

function addToOuterAxes(sums: readonly AxisSums[], row: number, { maxAbs, squares, count }: RowSums): void {
  let rest = row;
  for (let axis = sums.length - 2; axis >= 0; axis--) {
    const sum = sums[axis];
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
