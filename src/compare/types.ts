import type { DType } from "../formats/types.js";

/**
 * How a reference tensor becomes a candidate tensor: it is reshaped to `reshapeFirst` where that is given (axes that the
 * reference keeps merged are split), then its axes are permuted, then it is reshaped. `permute[i]` is the axis that becomes
 * axis `i` (numpy's `transpose`). All null: the same order.
 */
export interface Layout {
  readonly permute: readonly number[] | null;
  readonly reshape: readonly number[] | null;
  readonly reshapeFirst?: readonly number[] | null | undefined;
}

export const SAME_LAYOUT: Layout = { permute: null, reshape: null };

export interface Extreme {
  readonly value: number;
  /** Index in the candidate's shape. Empty for a scalar. */
  readonly index: readonly number[];
  readonly reference: number;
  readonly candidate: number;
}

export interface NonFinite {
  readonly nan: number;
  readonly positiveInfinity: number;
  readonly negativeInfinity: number;
}

/** An element passes when |candidate − reference| ≤ atol + rtol · |reference|. */
export interface Bounds {
  readonly atol: number;
  readonly rtol: number;
}

/**
 * All figures of two tensors of the same meaning. Errors are candidate − reference, in float64, over the positions
 * where both are finite. A position where exactly one side is NaN/±Inf, or the two differ in kind, is a `nonFiniteMismatch`.
 */
export interface Metrics {
  readonly count: number;
  readonly finiteCount: number;
  /** Every element has the same bits (±0 count as equal, NaN equals NaN). */
  readonly identical: boolean;
  readonly maxAbs: Extreme | null;
  /** Largest |error| / |reference| over positions with reference ≠ 0. */
  readonly maxRel: Extreme | null;
  readonly meanAbs: number;
  /** Root mean square of the error. */
  readonly rms: number;
  readonly rmsReference: number;
  readonly rmsCandidate: number;
  readonly maxAbsReference: number;
  /** ‖error‖₂ / ‖reference‖₂; 0 when both are 0, Infinity when only the reference is. */
  readonly relativeL2: number;
  /** 1 when both are zero vectors; NaN never. */
  readonly cosine: number;
  /** 10·log10(Σ reference² / Σ error²); Infinity when the error is 0. */
  readonly snrDb: number;
  /** Units in the last place of the coarser of the two dtypes (float32 for float32/float64 pairs). */
  readonly ulpMax: number;
  /** Upper bound of the 99th percentile of the ULP distance (the upper edge of its histogram bin). */
  readonly ulpP99: number;
  /** Elements beyond `bounds`; null when none were given. Non-finite mismatches count as beyond. */
  readonly overTolerance: { readonly count: number; readonly share: number } | null;
  /** The smallest t for which atol = rtol = t passes: max |error| / (1 + |reference|). Infinity with a non-finite mismatch. */
  readonly smallestTolerance: number;
  readonly nonFinite: { readonly reference: NonFinite; readonly candidate: NonFinite };
  readonly nonFiniteMismatch: { readonly count: number; readonly firstIndex: readonly number[] } | null;
}

/** Error along one axis: entry i covers the slice with index i on that axis. */
export interface AxisProfile {
  readonly axis: number;
  readonly size: number;
  readonly maxAbs: readonly number[];
  readonly rms: readonly number[];
}

export interface ComparedDTypes {
  readonly reference: DType;
  readonly candidate: DType;
}
