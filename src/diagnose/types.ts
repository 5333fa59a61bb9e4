import type { DerivedVariable, SharedSum } from "../align/recipe.js";
import type { Relation } from "../compare/relation.js";
import type { SourcePlace } from "../recording/types.js";
import type { Edit } from "../runners/edits.js";
import type { CauseId } from "./cause-ids.js";

export type { CauseId };

export interface Finding {
  readonly cause: CauseId;
  readonly status: "confirmed" | "suspected";
  readonly pair: string | null;
  /** Every pair in which the fault shows, `pair` first: one fault in every layer is one finding. */
  readonly pairs: readonly string[];
  /** Candidate tap, in agreement, behind whose output something is missing or too much; `pair` is where that shows. */
  readonly behind?: string | undefined;
  /** Module that makes the wrong call and was not compared; `pair` is where that shows. */
  readonly within?: string | undefined;
  /** The same fault elsewhere: one finding, many places. Includes `parameter`. */
  readonly parameters: readonly string[];
  readonly parameter: string | null;
  readonly source: SourcePlace | null;
  /** One sentence. */
  readonly message: string;
  /** What speaks for it. */
  readonly evidence: readonly string[];
  /** What speaks against it, or why it could not be proved. Empty when it is confirmed. */
  readonly against: readonly string[];
  readonly experiment: {
    readonly change: string;
    readonly errorBefore: number;
    readonly errorAfter: number;
    readonly floor: number | null;
  } | null;
  /** Code that repairs it; null when nothing was proved. */
  readonly fix: string | null;
  /** The fix as a change of the user's own line; null where the line is not known or does not have what is changed. */
  readonly rewrite: Rewrite | null;
  /** Folder with a script that runs the layer alone (`repro-h.0.mlp`); absent when none was written. */
  readonly repro?: string | undefined;
}

/** One line of the user's, as it is and as it should be. */
export interface Rewrite {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/** How a line of the user's code is to be changed: the first pattern that occurs in it exactly once is replaced. */
export interface RewriteRule {
  readonly source: SourcePlace;
  readonly replacements: readonly { readonly find: string; readonly replace: string }[];
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
  /** Where it equals under none and the module tells nothing: the transform under which the values are clearly the variable's, changed. */
  readonly heldAs?: Transform | null;
  /** max |parameter − variable| under the expected transform (or the first that fits); null when none fits. */
  readonly maxAbs: number | null;
  /** Another variable of the checkpoint whose values the parameter holds; one in the order that the module needs first. */
  readonly equals: string | null;
  /** How the values look like an initialisation: "all zeros", "all ones", "N(0, 0.02)"; null when they do not. */
  readonly fresh: string | null;
  /** How the stored values relate to those that the variable would give; only where they are not the same. */
  readonly relation?: Relation | null;
  /** Keys of the checkpoint that the forward pass does not use and whose values the parameter holds: moving averages, slots. */
  readonly siblings?: readonly string[];
  /** `key` is no variable of the checkpoint but made of some. */
  readonly derived?: DerivedVariable | null;
  /** The parameter is added to another one and only the sum is determined. To repair it both are loaded from their keys. */
  readonly shared?: SharedSum | null;
  /** Why the port's module cannot compute what the original does, whatever the parameter holds. */
  readonly notConvertible?: string | null;
}

/** A layer that was compared, by its pair. */
export interface LayerFact {
  readonly pair: string;
  /** Module path. */
  readonly module: string;
  readonly failed: boolean;
  /** Modules before it whose outputs were not compared: what is wrong in them shows here first. */
  readonly covers?: readonly string[];
}

/** One change of the candidate. Loads are turned into edits by the pipeline, which has the files. */
export type Repair =
  | { readonly kind: "transpose"; readonly parameter: string }
  /** The parameter holds this variable (a derived one perhaps) as its module needs it. */
  | { readonly kind: "load"; readonly parameter: string; readonly key: string }
  | { readonly kind: "edit"; readonly edit: Edit };

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
  /** Code that repairs it. */
  readonly fix: string;
  /**
   * How strongly the evidence speaks for it, 0 to 1. Of several experiments that repair a layer the likeliest is
   * believed. 0.9: read off both sides; 0.6: seen in the shape of the residual; 0.3: tried because it often happens.
   */
  readonly prior: number;
  /** As in `Finding`. */
  readonly behind?: string | undefined;
  readonly within?: string | undefined;
  readonly rewrite?: RewriteRule | null;
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
