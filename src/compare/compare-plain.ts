import type { LazyTensor } from "../formats/types.js";
import { type BlockReader, readBlocks } from "./block-reader.js";
import { correctWideErrors, needsWideIntegers } from "./integers.js";
import type { ScaledSums } from "./metrics.js";
import { addScaled, emptySums, neededScale } from "./scaled-sums.js";
import { emptyTotals, type Totals } from "./totals.js";
import { accumulate } from "./twin.js";
import type { Bounds } from "./types.js";
import { fillDistances, ulpUnit } from "./ulp.js";

const BLOCK = 16384;

export interface PlainResult {
  readonly totals: Totals;
  /** Given only where the totals' own sums are not to be used. */
  readonly sums?: ScaledSums;
}

/** The pass through float64 numbers, for every pair of numeric dtypes. The two tensors have the same order and count. */
export function comparePlain(
  reference: LazyTensor,
  candidate: LazyTensor,
  count: number,
  bounds: Bounds | undefined,
  blockLength: number = BLOCK,
): PlainResult {
  const referenceReader = readBlocks(reference, blockLength);
  const candidateReader = readBlocks(candidate, blockLength);
  const r = new Float64Array(blockLength);
  const c = new Float64Array(blockLength);
  const error = new Float64Array(blockLength);
  const distance = new Float64Array(blockLength);
  const unit = ulpUnit(reference.dtype, candidate.dtype);
  const wide = needsWideIntegers(reference.dtype, candidate.dtype);
  const totals = emptyTotals();
  let largestCandidate = 0;
  for (const length of eachBlock(count, blockLength, referenceReader, candidateReader, r, c)) {
    for (let i = 0; i < length; i++) {
      const value = c[i] ?? 0;
      error[i] = value - (r[i] ?? 0);
      if (Number.isFinite(value)) largestCandidate = Math.max(largestCandidate, Math.abs(value));
    }
    if (wide) {
      const referenceSide = { dtype: reference.dtype, bytes: referenceReader.bytes, numbers: r };
      correctWideErrors(
        referenceSide,
        { dtype: candidate.dtype, bytes: candidateReader.bytes, numbers: c },
        length,
        error,
      );
    }
    fillDistances(unit, r, c, error, length, distance);
    accumulate(totals, { length, reference: r, candidate: c, error, distance }, bounds);
  }
  const scale = neededScale(totals, largestCandidate);
  if (scale === null) return { totals };
  let sums = emptySums(scale);
  for (const length of eachBlock(count, blockLength, referenceReader, candidateReader, r, c)) {
    sums = addScaled(sums, r, c, length);
  }
  return { totals, sums };
}

/** Fills `r` and `c` with one block after the other and says how long it is. */
function* eachBlock(
  count: number,
  blockLength: number,
  reference: BlockReader,
  candidate: BlockReader,
  r: Float64Array,
  c: Float64Array,
): Generator<number> {
  for (let first = 0; first < count; first += blockLength) {
    const length = Math.min(blockLength, count - first);
    reference.read(first, length, r);
    candidate.read(first, length, c);
    yield length;
  }
}
