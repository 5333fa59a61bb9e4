import type { Totals } from "./totals.js";
import type { Bounds } from "./types.js";
import { ulpBin } from "./ulpHistogram.js";

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
  for (let i = 0; i < block.length; i++) {
    const r = block.reference[i] ?? 0;
    const c = block.candidate[i] ?? 0;
    const at = totals.seen + i;
    if (!Number.isFinite(r) || !Number.isFinite(c)) {
      noteNonFinite(totals, r, c, at);
      continue;
    }
    const e = block.error[i] ?? 0;
    const size = Math.abs(e);
    const scale = Math.abs(r);
    totals.sumAbs += size;
    totals.sumSquares += e * e;
    totals.sumReference += r * r;
    totals.sumCandidate += c * c;
    totals.sumProducts += r * c;
    totals.maxReference = Math.max(totals.maxReference, scale);
    if (totals.maxAbs === null || size > totals.maxAbs.value) {
      totals.maxAbs = { value: size, at, reference: r, candidate: c };
    }
    if (r !== 0 && (totals.maxRel === null || size / scale > totals.maxRel.value)) {
      totals.maxRel = { value: size / scale, at, reference: r, candidate: c };
    }
    totals.tolerance = Math.max(totals.tolerance, size / (1 + scale));
    if (bounds !== undefined && size > bounds.atol + bounds.rtol * scale) totals.over++;
    noteDistance(totals, block.distance[i] ?? 0);
  }
  totals.seen += block.length;
}

/** Takes one ULP distance into the maximum and the histogram. */
export function noteDistance(totals: Pick<Totals, "ulpMax" | "ulpHistogram">, distance: number): void {
  if (distance === 0) return;
  if (distance > totals.ulpMax) totals.ulpMax = distance;
  const bin = ulpBin(distance);
  totals.ulpHistogram[bin] = (totals.ulpHistogram[bin] ?? 0) + 1;
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
