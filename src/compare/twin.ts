import type { Totals } from "./totals.js";
import type { Bounds } from "./types.js";
import { ulpBin } from "./ulp-histogram.js";

/** A stretch of both tensors, in the candidate's order, as numbers. */
export interface PlainBlock {
  readonly length: number;
  readonly reference: Float32Array | Float64Array;
  readonly candidate: Float32Array | Float64Array;
  /** candidate − reference; what is said where either is not finite does not matter. */
  readonly error: Float64Array;
  /** ULP distance (ulp.ts), likewise. */
  readonly distance: Float64Array;
}

/**
 * The fused pass in plain TypeScript: what kernel/ does four elements at a time, one element at a time and readable. It is
 * used for dtypes that float32 cannot hold and where WebAssembly is not at hand, and the tests hold the kernel against it.
 */
export function accumulate(totals: Totals, block: PlainBlock, bounds: Bounds | undefined): void {
  const { length, reference, candidate, error } = block;
  // Local while the block lasts: sums kept in an object's fields cost several times as much.
  let { sumAbs, sumSquares, sumReference, sumCandidate, sumProducts, tolerance, maxReference, over } = totals;
  let maxAbs = totals.maxAbs?.value ?? -1;
  let maxRel = totals.maxRel?.value ?? -1;
  for (let i = 0; i < length; i++) {
    const r = reference[i] ?? 0;
    const c = candidate[i] ?? 0;
    if (!Number.isFinite(r) || !Number.isFinite(c)) {
      noteNonFinite(totals, r, c, totals.seen + i);
      continue;
    }
    const e = error[i] ?? 0;
    const size = Math.abs(e);
    const scale = Math.abs(r);
    sumAbs += size;
    sumSquares += e * e;
    sumReference += r * r;
    sumCandidate += c * c;
    sumProducts += r * c;
    if (scale > maxReference) maxReference = scale;
    if (size > maxAbs) {
      maxAbs = size;
      totals.maxAbs = { value: size, at: totals.seen + i, reference: r, candidate: c };
    }
    if (r !== 0 && size / scale > maxRel) {
      maxRel = size / scale;
      totals.maxRel = { value: maxRel, at: totals.seen + i, reference: r, candidate: c };
    }
    if (size / (1 + scale) > tolerance) tolerance = size / (1 + scale);
    if (bounds !== undefined && size > bounds.atol + bounds.rtol * scale) over++;
  }
  Object.assign(totals, { sumAbs, sumSquares, sumReference, sumCandidate, sumProducts, tolerance, maxReference, over });
  noteDistances(totals, block.distance, length);
  totals.seen += length;
}

/** Takes ULP distances into the maximum and the histogram; those of non-finite positions are 0, which is not counted. */
export function noteDistances(
  totals: Pick<Totals, "ulpMax" | "ulpHistogram">,
  distances: Float64Array,
  length: number,
): void {
  const histogram = totals.ulpHistogram;
  let max = totals.ulpMax;
  for (let i = 0; i < length; i++) {
    const distance = distances[i] ?? 0;
    if (distance === 0) continue;
    if (distance > max) max = distance;
    const bin = ulpBin(distance);
    histogram[bin] = (histogram[bin] ?? 0) + 1;
  }
  totals.ulpMax = max;
}

type Kind = 0 | 1 | 2;

/** 0 NaN, 1 +Inf, 2 −Inf, null finite. */
function kindOf(value: number): Kind | null {
  if (Number.isFinite(value)) return null;
  if (Number.isNaN(value)) return 0;
  return value > 0 ? 1 : 2;
}

function noteNonFinite(totals: Totals, reference: number, candidate: number, at: number): void {
  const referenceKind = kindOf(reference);
  const candidateKind = kindOf(candidate);
  totals.excluded++;
  if (referenceKind !== null) totals.nonFiniteReference[referenceKind]++;
  if (candidateKind !== null) totals.nonFiniteCandidate[candidateKind]++;
  if (referenceKind === candidateKind) return;
  if (totals.mismatches === 0) totals.firstMismatch = at;
  totals.mismatches++;
}
