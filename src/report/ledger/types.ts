/**
 * How a row stands. `suspect`: the values are there, in an order of axes that is probably wrong, which weights alone cannot prove.
 * `left-out`: nothing that is loaded from an original (a mask, a counter). `unassigned`: nothing corresponds to it.
 */
export type LedgerVerdict = "equal" | "suspect" | "differs" | "unassigned" | "left-out";

/** One parameter of the candidate and the variable that it comes from. */
export interface LedgerRow {
  /** Name in the reference; made of several variables it says which (`q/kernel[:12]`). Null where there is none. */
  readonly reference: string | null;
  readonly candidate: string | null;
  readonly shape: { readonly reference: readonly number[] | null; readonly candidate: readonly number[] | null };
  /** `same`, `transposed`, `permuted(2,3,0,1)` as numpy's transpose would be called, or `none`. */
  readonly transform: string;
  /** What the candidate's module needs, in the same words; `unknown` where nothing tells. */
  readonly expected: string;
  readonly matchedBy: "map" | "name" | "values" | "none";
  readonly maxAbs: number | null;
  readonly verdict: LedgerVerdict;
  readonly note: string | null;
}

export interface LedgerResult {
  readonly schemaVersion: 1;
  readonly reference: string;
  readonly candidate: string;
  /** The candidate was built, so that its modules tell how each parameter has to lie. */
  readonly live: boolean;
  readonly exitCode: 0 | 1 | 2;
  readonly counts: Readonly<Record<LedgerVerdict, number>>;
  /** Square matrices that are equal, whose order of axes the weights alone cannot judge. */
  readonly orderUnknown: readonly string[];
  /** Tensors of the reference that are not compared (optimizers' slots, moving averages, bookkeeping), by number. */
  readonly setApart: number;
  readonly rows: readonly LedgerRow[];
}
