import type { Metrics } from "../compare/types.js";
import type { Float64Evidence, ToleranceRule } from "./types.js";

/**
 * What tells rounding from a difference when both sides are computed in float64. Rounding shrinks by 2²⁹ in theory; but
 * TensorFlow rounds the constants of a Python model through float32, so that right ports meet at 1e-10 to 1e-8 only. A
 * difference does not move.
 */
export const FLOAT64 = {
  /** Relative L2 error in float64 up to which two sides can be the same, */
  limit: 1e-7,
  /** when it is so many times smaller than in float32. */
  shrinks: 100,
  /** An error that does not shrink by as much keeps its size. */
  keeps: 10,
  /** An error over this is no rounding even where an op of the original could only be run in float32. */
  singleLimit: 1e-4,
} as const;

export const FLOAT64_RULE: ToleranceRule = { rule: "float64", limit: FLOAT64.limit, shrinks: FLOAT64.shrinks };

/**
 * Decides on the errors of one pair in one case in both precisions.
 *
 * @param exact whether the original's tensor is exact to double; not when it depends on an op without such a kernel
 */
export function judgeFloat64(single: Metrics, double: Metrics, exact: boolean): Float64Evidence {
  const { relativeL2 } = double;
  return { relativeL2, maxAbs: double.maxAbs?.value ?? 0, verdict: decide(single, double, exact) };
}

function decide(single: Metrics, double: Metrics, exact: boolean): Float64Evidence["verdict"] {
  if (double.count === 0) return "unclear";
  if (single.nonFiniteMismatch !== null || double.nonFiniteMismatch !== null) {
    // Numbers that overflow in float32 and not in float64 are a matter of range, not of rounding.
    return single.nonFiniteMismatch !== null && double.nonFiniteMismatch !== null ? "difference" : "unclear";
  }
  if (double.identical) return "rounding";
  const shrinks = double.relativeL2 * FLOAT64.shrinks <= single.relativeL2;
  if (double.relativeL2 <= FLOAT64.limit) return shrinks ? "rounding" : "unclear";
  if (double.relativeL2 * FLOAT64.keeps < single.relativeL2) return "unclear";
  return exact || double.relativeL2 > FLOAT64.singleLimit ? "difference" : "unclear";
}
