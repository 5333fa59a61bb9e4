import { elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { checkBounds, makeComparable } from "./comparable.js";
import { comparePlain } from "./compare-plain.js";
import { compareWithin32 } from "./compare-within32.js";
import { fitsFloat32 } from "./decode.js";
import { makeMetrics } from "./metrics.js";
import { type Bounds, type Layout, type Metrics, SAME_LAYOUT } from "./types.js";
import { loadKernel } from "./wasm-kernel.js";

export interface CompareOptions {
  /** How the reference becomes the candidate; the same order when it is not given. */
  readonly layout?: Layout;
  readonly bounds?: Bounds;
}

/**
 * All figures of two tensors. Both are read once, front to back, block by block: memory does not grow with them, but for a
 * permuted layout (under 200 MiB). The extra pass that float64 values beyond 2^±480 need reads them again.
 *
 * @throws ParityError INPUTS_INVALID when the shapes differ under the layout or a dtype has no differences; USAGE for bounds
 *   that are not numbers from 0 up
 */
export function compareTensors(reference: LazyTensor, candidate: LazyTensor, options: CompareOptions = {}): Metrics {
  checkBounds(options.bounds);
  const arranged = makeComparable(reference, candidate, options.layout ?? SAME_LAYOUT);
  const count = elementCount(candidate.shape);
  const kernel = loadKernel();
  if (kernel !== null && fitsFloat32(arranged.dtype) && fitsFloat32(candidate.dtype)) {
    const totals = compareWithin32(kernel, arranged, candidate, count, options.bounds);
    return makeMetrics(totals, candidate.shape, options.bounds);
  }
  const { totals, sums } = comparePlain(arranged, candidate, count, options.bounds);
  return makeMetrics(totals, candidate.shape, options.bounds, sums);
}
