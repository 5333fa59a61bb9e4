/** One group of a normalisation (a token of a layer norm, a channel of a batch norm) with its statistics. */
export interface NormGroup {
  /** Variance over the group, or the stored one, without epsilon. */
  readonly variance: number;
  /** Centred values of the group, scaled by 1/√(variance + ε) of the candidate: what it makes before weight and bias. */
  readonly candidate: readonly number[];
  /** The same of the original. */
  readonly reference: readonly number[];
}

export interface SolvedEpsilon {
  readonly epsilon: number;
  readonly groups: number;
  /** Relative spread of the estimates (interquartile range over the median). */
  readonly spread: number;
}

/** Estimates where ε is less than this share of the variance drown in rounding. */
const LEAST_SHARE = 1e-4;
const LARGEST_SPREAD = 0.02;

/**
 * The epsilon that the original must have used. In every group both sides are proportional, r = candidate / reference, and
 * ε = r²·(v + ε_candidate) − v; the estimate counts when all groups give the same number. Null when they do not.
 */
export function solveEpsilon(groups: readonly NormGroup[], own: number): SolvedEpsilon | null {
  const estimates = groups.flatMap(({ variance, candidate, reference }) => {
    let [both, square] = [0, 0];
    for (let i = 0; i < reference.length; i++) {
      both += (candidate[i] as number) * (reference[i] as number);
      square += (reference[i] as number) ** 2;
    }
    const ratio = both / square;
    const estimate = ratio * ratio * (variance + own) - variance;
    const measurable = Math.abs(estimate) > LEAST_SHARE * variance && Number.isFinite(estimate);
    return measurable ? [estimate] : [];
  });
  if (estimates.length < 2) return null;
  estimates.sort((a, b) => a - b);
  const at = (share: number): number => estimates[Math.floor(share * (estimates.length - 1))] as number;
  const epsilon = at(0.5);
  const spread = (at(0.75) - at(0.25)) / Math.abs(epsilon);
  return epsilon > 0 && spread <= LARGEST_SPREAD ? { epsilon, groups: estimates.length, spread } : null;
}
