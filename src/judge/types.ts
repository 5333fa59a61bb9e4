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
  | { readonly rule: "explicit"; readonly atol: number; readonly rtol: number; readonly from: string };

export interface NoiseFloor {
  /** rms and max of the error that rounding explains at this tap; null where it was not measured. */
  readonly rms: number;
  readonly max: number;
  /** Which of the three measurements was the largest. */
  readonly from: "float64" | "permuted-reductions" | "jitter";
}
