import type { ScaledSums } from "./metrics.js";
import type { Totals } from "./totals.js";

/** Numbers between these have squares whose sums neither overflow nor lose digits to float64's smallest numbers. */
const LARGE = 2 ** 480;
const SMALL = 2 ** -480;

/**
 * The power of two that brings the largest number to about 1, where float64 values are so large or so small that their
 * squares leave float64; null where the plain sums are right.
 */
export function neededScale(totals: Totals, largestCandidate: number): number | null {
  const largest = Math.max(totals.maxReference, largestCandidate);
  if (largest === 0 || (largest < LARGE && largest > SMALL)) return null;
  // 2^1074 itself is more than float64 holds.
  return 2 ** Math.min(1000, -Math.floor(Math.log2(largest)));
}

/** Sums of nothing yet. */
export function emptySums(scale: number): ScaledSums {
  return { scale, sumAbs: 0, sumSquares: 0, sumReference: 0, sumCandidate: 0, sumProducts: 0 };
}

/** The sums over one more block, of numbers multiplied by `scale` first (a power of two: exact). */
export function addScaled(
  sums: ScaledSums,
  reference: Float64Array,
  candidate: Float64Array,
  length: number,
): ScaledSums {
  let { scale, sumAbs, sumSquares, sumReference, sumCandidate, sumProducts } = sums;
  for (let i = 0; i < length; i++) {
    const r = (reference[i] ?? 0) * scale;
    const c = (candidate[i] ?? 0) * scale;
    if (!Number.isFinite(r) || !Number.isFinite(c)) continue;
    sumAbs += Math.abs(c - r);
    sumSquares += (c - r) ** 2;
    sumReference += r * r;
    sumCandidate += c * c;
    sumProducts += r * c;
  }
  return { scale, sumAbs, sumSquares, sumReference, sumCandidate, sumProducts };
}
