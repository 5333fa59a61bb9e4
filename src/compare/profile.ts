import { elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { readBlocks } from "./block-reader.js";
import { makeComparable } from "./comparable.js";
import { fillErrors } from "./detail/fill-differences.js";
import { ErrorProfiler } from "./detail/profile-errors.js";
import type { AxisProfile, Layout } from "./types.js";

const BLOCK = 32768;

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
  if (count === 0) return [];
  const profiler = new ErrorProfiler(candidate.shape);
  const [r, c, errors] = [new Float64Array(BLOCK), new Float64Array(BLOCK), new Float64Array(BLOCK)];
  const referenceReader = readBlocks(arranged, BLOCK);
  const candidateReader = readBlocks(candidate, BLOCK);
  for (let first = 0; first < count; first += BLOCK) {
    const length = Math.min(BLOCK, count - first);
    referenceReader.read(first, length, r);
    candidateReader.read(first, length, c);
    profiler.add(errors, first, length, fillErrors(r, c, length, errors));
  }
  return profiler.finish();
}
