import type { Peak, Totals } from "./totals.js";
import type { Bounds, Extreme, Metrics, NonFinite } from "./types.js";
import { ulpQuantile } from "./ulp-histogram.js";
import { unravel } from "./unravel.js";

/** One over which |e| ≤ t + t·|r| holds in float64 for t = max |e|/(1+|r|), whatever way the four operations round. */
const ROUNDED_UP = 1 + 2 ** -50;

/** Sums of squares that neither overflow nor vanish, and the power of two by which the numbers were multiplied for it. */
export interface ScaledSums {
  readonly scale: number;
  readonly sumAbs: number;
  readonly sumSquares: number;
  readonly sumReference: number;
  readonly sumCandidate: number;
  readonly sumProducts: number;
}

/**
 * The figures of a finished pass.
 *
 * @param shape the candidate's shape
 * @param sums replaces the totals' own sums where those left the range of float64
 */
export function makeMetrics(
  totals: Totals,
  shape: readonly number[],
  bounds: Bounds | undefined,
  sums: ScaledSums = { scale: 1, ...totals },
): Metrics {
  const finiteCount = totals.seen - totals.excluded;
  const mean = (sum: number): number => (finiteCount === 0 ? 0 : sum / finiteCount);
  const error = Math.sqrt(sums.sumSquares);
  const reference = Math.sqrt(sums.sumReference);
  const candidate = Math.sqrt(sums.sumCandidate);
  const over = totals.over + totals.mismatches;
  return {
    count: totals.seen,
    finiteCount,
    identical: (totals.maxAbs?.value ?? 0) === 0 && totals.mismatches === 0,
    maxAbs: placePeak(totals.maxAbs, shape),
    maxRel: placePeak(totals.maxRel, shape),
    meanAbs: mean(sums.sumAbs) / sums.scale,
    rms: Math.sqrt(mean(sums.sumSquares)) / sums.scale,
    rmsReference: Math.sqrt(mean(sums.sumReference)) / sums.scale,
    rmsCandidate: Math.sqrt(mean(sums.sumCandidate)) / sums.scale,
    maxAbsReference: totals.maxReference,
    relativeL2: error === 0 ? 0 : error / reference,
    cosine: cosineOf(reference, candidate, sums.sumProducts),
    snrDb: error === 0 ? Number.POSITIVE_INFINITY : 20 * Math.log10(reference / error),
    ulpMax: totals.ulpMax,
    ulpP99: ulpQuantile(totals.ulpHistogram, finiteCount, 0.99, totals.ulpMax),
    overTolerance: bounds === undefined ? null : { count: over, share: totals.seen === 0 ? 0 : over / totals.seen },
    smallestTolerance: totals.mismatches > 0 ? Number.POSITIVE_INFINITY : totals.tolerance * ROUNDED_UP,
    nonFinite: { reference: nameKinds(totals.nonFiniteReference), candidate: nameKinds(totals.nonFiniteCandidate) },
    nonFiniteMismatch:
      totals.mismatches === 0 ? null : { count: totals.mismatches, firstIndex: unravel(totals.firstMismatch, shape) },
  };
}

/** 1 for two zero vectors, 0 when only one is zero. Rounding may take the quotient past ±1; the cosine stays there. */
function cosineOf(reference: number, candidate: number, products: number): number {
  if (reference === 0 && candidate === 0) return 1;
  if (reference === 0 || candidate === 0) return 0;
  return Math.max(-1, Math.min(1, products / (reference * candidate)));
}

function placePeak(peak: Peak | null, shape: readonly number[]): Extreme | null {
  if (peak === null) return null;
  return { value: peak.value, index: unravel(peak.at, shape), reference: peak.reference, candidate: peak.candidate };
}

function nameKinds([nan, positiveInfinity, negativeInfinity]: readonly [number, number, number]): NonFinite {
  return { nan, positiveInfinity, negativeInfinity };
}
