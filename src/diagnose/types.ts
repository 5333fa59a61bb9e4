import type { SourcePlace } from "../recording/types.js";

/** Entries of the catalogue of causes; part of the product's contract, never renamed. */
export type CauseId =
  | "transposed-weight"
  | "missing-weight"
  | "swapped-weights"
  | "layer-order"
  | "reference-not-restored"
  | "training-mode"
  | "unexplained";

export interface Finding {
  readonly cause: CauseId;
  readonly status: "confirmed" | "suspected";
  readonly pair: string | null;
  /** The same fault elsewhere: one finding, many places. Includes `parameter`. */
  readonly parameters: readonly string[];
  readonly parameter: string | null;
  readonly source: SourcePlace | null;
  /** One sentence. */
  readonly message: string;
  readonly evidence: readonly string[];
  readonly experiment: {
    readonly change: string;
    readonly errorBefore: number;
    readonly errorAfter: number;
    readonly floor: number | null;
  } | null;
  /** Code that repairs it; null when nothing was proved. */
  readonly fix: string | null;
}

/** How stored values relate to the checkpoint's: `same`, `transposed`, `permuted(2,3,0,1)`. */
export type Transform = string;

/** What is known of one candidate parameter and the checkpoint variable that it was assigned to. */
export interface WeightFact {
  readonly parameter: string;
  readonly shape: readonly number[];
  readonly kind: "parameter" | "buffer";
  readonly module: string;
  readonly moduleType: string;
  readonly source: SourcePlace | null;
  readonly key: string;
  readonly keyShape: readonly number[];
  readonly matchedBy: "map" | "name" | "values";
  /** The transform under which the parameter equals its variable; null when there is none. */
  readonly transform: Transform | null;
  /** The transform that the module needs; null when only its function can tell. */
  readonly expected: Transform | null;
  /** max |parameter − variable| under the expected transform (or the first that fits); null when none fits. */
  readonly maxAbs: number | null;
  /** Another variable of the checkpoint whose values the parameter holds; one in the order that the module needs first. */
  readonly equals: string | null;
  /** How the values look like an initialisation: "all zeros", "all ones", "N(0, 0.02)"; null when they do not. */
  readonly fresh: string | null;
}

/** A layer that was compared, by its pair. */
export interface LayerFact {
  readonly pair: string;
  /** Module path. */
  readonly module: string;
  readonly failed: boolean;
}

/** One change of one parameter, in words that the pipeline turns into a change for the harness. */
export type Repair =
  | { readonly kind: "transpose"; readonly parameter: string }
  | { readonly kind: "load"; readonly parameter: string; readonly key: string };

/** A cause that the evidence puts on the list, with the experiment that would confirm it. */
export interface Hypothesis {
  readonly cause: CauseId;
  /** Layers to re-run; all of them must come to the noise floor. */
  readonly pairs: readonly string[];
  readonly parameters: readonly string[];
  readonly source: SourcePlace | null;
  readonly message: string;
  readonly evidence: readonly string[];
  readonly repairs: readonly Repair[];
  /** What the experiment changes, in words. */
  readonly change: string;
  readonly fix: string;
}

/** What re-running one layer gave. Errors are max |candidate − reference| over the cases. */
export interface ExperimentResult {
  readonly pair: string;
  readonly errorBefore: number;
  readonly errorAfter: number | null;
  readonly floor: number | null;
  /** The repaired layer is within noise in every case. */
  readonly repaired: boolean;
  /** Why the layer could not be re-run. */
  readonly failure: string | null;
}
