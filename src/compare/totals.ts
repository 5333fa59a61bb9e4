import { BINS } from "./ulp-histogram.js";

/** The element at which a maximum lies. */
export interface Peak {
  readonly value: number;
  /** Flat index in row-major order of the candidate. */
  readonly at: number;
  readonly reference: number;
  readonly candidate: number;
}

/**
 * What one pass over two tensors gathers. Sums and maxima cover the positions where both sides are finite; `metrics.ts`
 * makes the figures out of it.
 */
export interface Totals {
  /** Positions seen. */
  seen: number;
  /** Positions where at least one side is not finite. */
  excluded: number;
  /** Σ|e|, Σe², Σr², Σc², Σr·c in float64. */
  sumAbs: number;
  sumSquares: number;
  sumReference: number;
  sumCandidate: number;
  sumProducts: number;
  maxAbs: Peak | null;
  /** Over positions with reference ≠ 0. */
  maxRel: Peak | null;
  /** max |e| / (1 + |r|). */
  tolerance: number;
  maxReference: number;
  /** Finite positions with |e| > atol + rtol·|r|; 0 when no bounds were given. */
  over: number;
  /** NaN, +Inf, −Inf. */
  nonFiniteReference: [number, number, number];
  nonFiniteCandidate: [number, number, number];
  mismatches: number;
  /** Flat index of the first mismatch; meaningful when there is one. */
  firstMismatch: number;
  ulpMax: number;
  /** Counts by bin of ulpHistogram.ts; bin 0 is not kept, it is what is left. */
  ulpHistogram: Float64Array;
}

/** Totals of nothing seen yet. */
export function emptyTotals(): Totals {
  return {
    seen: 0,
    excluded: 0,
    sumAbs: 0,
    sumSquares: 0,
    sumReference: 0,
    sumCandidate: 0,
    sumProducts: 0,
    maxAbs: null,
    maxRel: null,
    tolerance: 0,
    maxReference: 0,
    over: 0,
    nonFiniteReference: [0, 0, 0],
    nonFiniteCandidate: [0, 0, 0],
    mismatches: 0,
    firstMismatch: 0,
    ulpMax: 0,
    ulpHistogram: new Float64Array(BINS),
  };
}
