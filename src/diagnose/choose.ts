import type { Hypothesis } from "./types.js";

/** What one experiment at one layer gave: the hypotheses whose repairs were made together, and the error that was left. */
export interface Tried {
  /** Indices of hypotheses. */
  readonly set: readonly number[];
  /** Largest |candidate − reference|; null when the layer could not be re-run. */
  readonly error: number | null;
  /** Relative L2 of what is left. */
  readonly relative: number;
  readonly quiet: boolean;
  readonly failure: string | null;
}

/** Of several that repair a layer, one that leaves this many times the relative error of the best is not believed. */
const CLEARLY_WORSE = 8;
/** One unit in the last place: an error of exactly 0 does not rule out what rounds differently. */
const EPSILON_32 = 2 ** -23;
/** Up to this many hypotheses every combination is tried. */
const MAX_ALL = 4;
/** So many of a long list are combined in twos. */
const MAX_COMBINED = 14;
const MAX_PAIRS = 100;
/**
 * What is read off both sides is combined even where it changes nothing alone: behind a rectifier the largest error may lie
 * where another fault made everything negative.
 */
const READ_OFF = 0.8;

/**
 * The set of hypotheses that is believed at one layer: the smallest that repairs it; of equally small ones that leave about
 * the same error the one that the evidence speaks for most. Null when none repairs.
 */
export function choose(tried: readonly Tried[], hypotheses: readonly Hypothesis[]): Tried | null {
  const repairing = tried.filter((one) => one.quiet && one.error !== null);
  const size = Math.min(...repairing.map((one) => one.set.length));
  const smallest = repairing.filter((one) => one.set.length === size);
  const bound = CLEARLY_WORSE * Math.max(EPSILON_32, Math.min(...smallest.map((one) => one.relative)));
  const believable = smallest.filter((one) => one.relative <= bound);
  const prior = (one: Tried): number => one.set.reduce((sum, at) => sum + (hypotheses[at]?.prior ?? 0), 0);
  return (
    [...believable].sort(
      (a, b) => prior(b) - prior(a) || (a.error ?? 0) - (b.error ?? 0) || firstOf(a) - firstOf(b),
    )[0] ?? null
  );
}

function firstOf(one: Tried): number {
  return one.set[0] ?? 0;
}

/**
 * Combinations worth trying when no hypothesis alone repairs the layer: all of a short list; of a long one the pairs of
 * those that lessen the error most and those that the evidence speaks for most.
 */
export function combine(
  indices: readonly number[],
  singles: readonly Tried[],
  hypotheses: readonly Hypothesis[],
  before: number,
): number[][] {
  if (indices.length < 2) return [];
  if (indices.length <= MAX_ALL) {
    const sets: number[][] = [[]];
    for (const at of indices) sets.push(...sets.map((set) => [...set, at]));
    return sets.filter((set) => set.length > 1).sort((a, b) => a.length - b.length);
  }
  const errorOf = (at: number): number =>
    singles.find((one) => one.set.length === 1 && one.set[0] === at)?.error ?? Number.POSITIVE_INFINITY;
  const speaksFor = (at: number): boolean => (hypotheses[at]?.prior ?? 0) >= READ_OFF;
  const moved = indices.filter((at) => Number.isFinite(errorOf(at)) && (errorOf(at) !== before || speaksFor(at)));
  const byError = [...moved].sort((a, b) => errorOf(a) - errorOf(b));
  const byPrior = [...moved].sort(
    (a, b) => (hypotheses[b]?.prior ?? 0) - (hypotheses[a]?.prior ?? 0) || errorOf(a) - errorOf(b),
  );
  const kept = [...new Set([...byError.slice(0, MAX_COMBINED / 2), ...byPrior.slice(0, MAX_COMBINED / 2)])];
  const sets = kept.flatMap((a, i) => kept.slice(i + 1).map((b) => [a, b]));
  // Parameters of one layer that are all wrong together: no two of them repair it.
  const loads = indices.filter((at) => hypotheses[at]?.repairs.every((repair) => repair.kind !== "edit"));
  const together = loads.length > 2 ? [loads, ...loads.map((at) => loads.filter((other) => other !== at))] : [];
  const rank = (set: readonly number[]): number =>
    set.reduce((sum, at) => sum + byError.indexOf(at) + byPrior.indexOf(at), 0);
  return [...sets.sort((a, b) => rank(a) - rank(b)).slice(0, MAX_PAIRS), ...together];
}

/** Repairs that together leave this share of the error are worth a further one. */
const LITTLE_LEFT = 1 / 20;
const MAX_EXTENDED = 40;

/** The combination that leaves least, where that is little, with each other hypothesis added to it, the likeliest first. */
export function extend(tried: readonly Tried[], hypotheses: readonly Hypothesis[], before: number): number[][] {
  const errorOf = (one: Tried): number => one.error ?? Number.POSITIVE_INFINITY;
  const [best] = tried
    .filter((one) => one.set.length > 1 && errorOf(one) <= LITTLE_LEFT * before)
    .sort((a, b) => errorOf(a) - errorOf(b) || a.set.length - b.set.length);
  if (best === undefined) return [];
  return hypotheses
    .map((one, at) => ({ at, prior: one.prior }))
    .filter(({ at }) => !best.set.includes(at))
    .sort((a, b) => b.prior - a.prior)
    .slice(0, MAX_EXTENDED)
    .map(({ at }) => [...best.set, at]);
}

/** A set that repairs with each of its hypotheses left out in turn, but for what was tried already. */
export function withoutOne(best: Tried | null, tried: readonly Tried[]): number[][] {
  if (best === null || best.set.length < 3) return [];
  const known = new Set(tried.map((one) => keyOfSet(one.set)));
  return best.set.map((_, i) => best.set.filter((_, j) => j !== i)).filter((set) => !known.has(keyOfSet(set)));
}

function keyOfSet(set: readonly number[]): string {
  return [...set].sort((a, b) => a - b).join();
}
