import type { Layout } from "../compare/types.js";
import type { DerivedVariable, SharedSum } from "./recipe.js";

export type MatchMethod = "map" | "name" | "weights" | "structure" | "values" | "output";

/** A reference tap and the candidate tap aligned with it. */
export interface Pair {
  /** Stable and readable: the candidate tap's id. */
  readonly id: string;
  readonly reference: string;
  readonly candidate: string;
  readonly layout: Layout;
  readonly matchedBy: MatchMethod;
  /** 0 to 1. */
  readonly confidence: number;
  /** What spoke for the pair, in words, for the report. */
  readonly because: string;
}

export interface Unmatched {
  readonly id: string;
  readonly isOutput: boolean;
  readonly why: string;
}

export interface Alignment {
  /** In the candidate's order of completion. */
  readonly pairs: readonly Pair[];
  readonly unmatched: { readonly reference: readonly Unmatched[]; readonly candidate: readonly Unmatched[] };
}

/** A reference scope as alignment sees it. */
export interface ReferenceScope {
  readonly path: string;
  /** Tap of its last exported tensor. */
  readonly tap: string;
  readonly keys: ReadonlySet<string>;
  readonly ownsKeys: boolean;
}

/** An op in which a checkpoint key is used, and the tap that holds what it gives. */
export interface ReferenceUse {
  readonly tap: string;
  readonly use: "lookup" | "compute";
  readonly node: string;
}

export interface CandidateModule {
  readonly path: string;
  readonly type: string;
  /** Names of its own parameters and buffers, as in the state dict. */
  readonly parameters: readonly string[];
}

export interface CandidateParameter {
  readonly name: string;
  readonly module: string;
  readonly moduleType: string;
  readonly shape: readonly number[];
  readonly expectedLayout: string;
  /** The first name of the same storage, when tied. */
  readonly sameAs: string | null;
}

export interface ReferenceVariable {
  readonly key: string;
  readonly shape: readonly number[];
}

export interface WeightAssignment {
  readonly parameter: string;
  readonly key: string;
  readonly matchedBy: "map" | "name" | "values";
  /** How the variable is made of others, where the checkpoint does not hold it as such. */
  readonly derived?: DerivedVariable | null;
  /** The parameter is added to another one, and only their sum is determined. */
  readonly shared?: SharedSum | null;
  /** Why no values of the parameter can make the port compute what the original does. */
  readonly notConvertible?: string | null;
}
