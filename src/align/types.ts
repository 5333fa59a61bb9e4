import type { Layout } from "../compare/types.js";

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
