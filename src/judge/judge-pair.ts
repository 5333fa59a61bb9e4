import type { Metrics } from "../compare/types.js";
import type { NoiseFloor, PairVerdict, ToleranceRule } from "./types.js";

/** 2⁻²³, the distance from 1 to the next float32. */
const EPSILON_32 = 2 ** -23;

/**
 * Errors under this need no measurement: rounding alone explains them. In units of the reference tensor's own rms (for
 * the rms of the error) and largest magnitude (for the largest error). No fault hides here that a measurement would have
 * called one: the floor is never taken below half a unit in the last place (`noiseRatio`), so `mismatch`, at ten times
 * the floor, begins at 5 ulp of the rms and 10 ulp of the maximum. Correct layers of GPT-2 124M lie
 * at 0.3 to 4.8 ulp of the rms; the few above 4 are measured (bench/RESULTS.md).
 */
export const AUTO_BOUND = { rms: 4 * EPSILON_32, max: 8 * EPSILON_32 } as const;

/** Multiples of the measured floor; where they come from is in DESIGN §6 and bench/RESULTS.md. */
export const NOISE_FACTORS = { rms: 4, max: 8, mismatch: 10 } as const;

/** Whether rounding alone guarantees this error. Never with a one-sided NaN or infinity. */
export function isUnderBound(metrics: Metrics): boolean {
  if (metrics.nonFiniteMismatch !== null) return false;
  return (
    metrics.rms <= AUTO_BOUND.rms * metrics.rmsReference &&
    (metrics.maxAbs?.value ?? 0) <= AUTO_BOUND.max * metrics.maxAbsReference
  );
}

/**
 * Error over noise floor, so that 1 is "as rounding explains". The larger of the rms ratio and the ratio of the largest
 * errors scaled by the two factors. The floor is never taken below half a unit in the last place of the tensor's scale.
 */
export function noiseRatio(metrics: Metrics, floor: NoiseFloor): number {
  if (metrics.nonFiniteMismatch !== null) return Number.POSITIVE_INFINITY;
  const least = EPSILON_32 / 2;
  const rms = metrics.rms / Math.max(floor.rms, least * metrics.rmsReference, Number.MIN_VALUE);
  const max = (metrics.maxAbs?.value ?? 0) / Math.max(floor.max, least * metrics.maxAbsReference, Number.MIN_VALUE);
  return Math.max(rms, (max * NOISE_FACTORS.rms) / NOISE_FACTORS.max);
}

export interface Judgement {
  readonly verdict: PairVerdict;
  readonly tolerance: ToleranceRule;
  readonly ratio: number | null;
  readonly note: string | null;
}

const BOUND_RULE: ToleranceRule = { rule: "auto-bound", boundRms: AUTO_BOUND.rms, boundMax: AUTO_BOUND.max };
const MEASURED_RULE: ToleranceRule = {
  rule: "auto-measured",
  factorRms: NOISE_FACTORS.rms,
  factorMax: NOISE_FACTORS.max,
  mismatchFactor: NOISE_FACTORS.mismatch,
};

/** Tolerance `auto`: by the bound, else by the floor; without a floor an error over the bound is a mismatch. */
export function judgeAuto(metrics: Metrics, floor: NoiseFloor | null): Judgement {
  if (metrics.count === 0)
    return { verdict: "not-compared", tolerance: BOUND_RULE, ratio: null, note: "empty tensors" };
  if (metrics.identical)
    return { verdict: "identical", tolerance: BOUND_RULE, ratio: null, note: nothingFinite(metrics) };
  if (metrics.nonFiniteMismatch !== null) {
    const { count } = metrics.nonFiniteMismatch;
    return {
      verdict: "mismatch",
      tolerance: BOUND_RULE,
      ratio: Number.POSITIVE_INFINITY,
      note: `NaN or infinity on one side only, in ${count} place${count === 1 ? "" : "s"}`,
    };
  }
  if (floor === null && isUnderBound(metrics))
    return { verdict: "within-noise", tolerance: BOUND_RULE, ratio: null, note: null };
  if (floor === null)
    return {
      verdict: "mismatch",
      tolerance: BOUND_RULE,
      ratio: null,
      note: "over the bound of rounding; the noise floor could not be measured",
    };
  const ratio = noiseRatio(metrics, floor);
  if (ratio <= NOISE_FACTORS.rms) return { verdict: "within-noise", tolerance: MEASURED_RULE, ratio, note: null };
  if (ratio <= NOISE_FACTORS.mismatch) {
    return {
      verdict: "within-tolerance",
      tolerance: MEASURED_RULE,
      ratio,
      note: `between ${NOISE_FACTORS.rms} and ${NOISE_FACTORS.mismatch} times the noise: look at it`,
    };
  }
  return { verdict: "mismatch", tolerance: MEASURED_RULE, ratio, note: null };
}

/** An explicit tolerance, on the accumulated error. `metrics` must have been computed with these bounds. */
export function judgeExplicit(
  metrics: Metrics,
  bounds: { readonly atol: number; readonly rtol: number },
  from: string,
): Judgement {
  const tolerance: ToleranceRule = { rule: "explicit", ...bounds, from };
  if (metrics.count === 0) return { verdict: "not-compared", tolerance, ratio: null, note: "empty tensors" };
  if (metrics.identical) return { verdict: "identical", tolerance, ratio: null, note: nothingFinite(metrics) };
  if (metrics.overTolerance === null) throw new Error("judgeExplicit needs metrics that were computed with its bounds");
  const over = metrics.overTolerance.count;
  const note =
    over === 0 ? null : `${over} of ${metrics.count} elements are beyond atol ${bounds.atol} + rtol ${bounds.rtol}`;
  return { verdict: over === 0 ? "within-tolerance" : "mismatch", tolerance, ratio: null, note };
}

/** NaN is equal to NaN, but whoever reads "identical" should know that there were no numbers. */
function nothingFinite(metrics: Metrics): string | null {
  return metrics.finiteCount === 0 ? "both sides are NaN or infinite everywhere" : null;
}
