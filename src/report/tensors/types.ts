import type { Bounds, Extreme } from "../../compare/types.js";

/** `within`: every element is within the bounds. `missing`: the other side has no tensor of this name. */
export type TensorVerdict = "identical" | "within" | "differs" | "missing" | "not-compared";

/** Two tensors of one name. */
export interface TensorRow {
  readonly reference: string | null;
  readonly candidate: string | null;
  readonly verdict: TensorVerdict;
  readonly dtype: { readonly reference: string | null; readonly candidate: string | null };
  readonly shape: { readonly reference: readonly number[] | null; readonly candidate: readonly number[] | null };
  readonly bounds: Bounds | null;
  /** Of the worst element: |candidate − reference|, its index, both values. */
  readonly maxAbs: Extreme | null;
  readonly relativeL2: number | null;
  readonly ulpMax: number | null;
  /** Elements beyond the bounds. */
  readonly over: { readonly count: number; readonly share: number } | null;
  /** The smallest t for which atol = rtol = t passes. */
  readonly smallestTolerance: number | null;
  /** Positions that are NaN or infinite on one side, or not the same on both. */
  readonly nonFinite: { readonly count: number; readonly firstIndex: readonly number[] } | null;
  readonly note: string | null;
}

export interface TensorsResult {
  readonly schemaVersion: 1;
  readonly reference: string;
  readonly candidate: string;
  readonly exitCode: 0 | 1 | 2;
  readonly counts: Readonly<Record<TensorVerdict, number>>;
  /** Worst first. */
  readonly rows: readonly TensorRow[];
}
