import { isUnderBound } from "../judge/judge-pair.js";
import type { CaseMetrics } from "./compare-pairs.js";

/**
 * Where the original's tensors were rounded for storage, a layer that is fed them gives what the rounding makes of its result:
 * up to so many times the most that it may have cost one tensor. Sums of two tensors cancel by so much in the stream of a transformer.
 */
const STORED_FACTOR = 4;

/**
 * Whether a layer that was fed the original's own tensors gives the tensor that it was held against: as rounding alone
 * guarantees, or, where the original's tensors are stored in fewer bits, as near as these tell.
 */
export function agreesLocally({ metrics, loss = 0 }: Pick<CaseMetrics, "metrics" | "loss">): boolean {
  if (metrics.identical || isUnderBound(metrics)) return true;
  return metrics.nonFiniteMismatch === null && metrics.relativeL2 <= STORED_FACTOR * loss;
}
