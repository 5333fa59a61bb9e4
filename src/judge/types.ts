export type PairVerdict = "identical" | "within-noise" | "within-tolerance" | "mismatch" | "not-compared";

/** Which rule decided, in words a report can print, and what it demanded. */
export type ToleranceRule =
  /** The error is under what rounding alone guarantees, no measurement needed. `bound` is in units of the reference's own rms / max. */
  | { readonly rule: "auto-bound"; readonly boundRms: number; readonly boundMax: number }
  /** The error was set against the measured noise floor. */
  | {
      readonly rule: "auto-measured";
      readonly factorRms: number;
      readonly factorMax: number;
      readonly mismatchFactor: number;
    }
  /** Both sides in float64 decided: the relative L2 error falls under `limit`, by at least `shrinks` times. */
  | { readonly rule: "float64"; readonly limit: number; readonly shrinks: number }
  | { readonly rule: "explicit"; readonly atol: number; readonly rtol: number; readonly from: string };

/** The error of a pair with both sides computed in float64, and what that says about the error in float32. */
export interface Float64Evidence {
  readonly relativeL2: number;
  readonly maxAbs: number;
  readonly verdict: "rounding" | "difference" | "unclear";
}

export interface NoiseFloor {
  /** rms and max of the error that rounding explains at this tap; null where it was not measured. */
  readonly rms: number;
  readonly max: number;
  /** Which of the measurements was the largest; `storage`: the original's tensors were stored in fewer bits. */
  readonly from: "float64" | "permuted-reductions" | "jitter" | "storage";
}
