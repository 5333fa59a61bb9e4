import type { PairVerdict } from "../../../../judge/types.js";
import type { PairResult } from "../../../types.js";

/** A module of the candidate, or a tap of the reference that stands among its modules because it has no partner. */
export interface TreeNode {
  /** Last part of the path: `c_proj`, `0`, `[logits]`. */
  readonly name: string;
  /** All parts, joined; unique in the tree. */
  readonly path: string;
  /** Its own pair with its place in execution order. */
  readonly own: { readonly pair: PairResult; readonly at: number } | null;
  /** The scope of the original that it corresponds to, its own or the one common to what it holds; null where none is known. */
  readonly reference: string | null;
  /** A tap without a partner. */
  readonly alone: { readonly side: "reference" | "candidate"; readonly why: string; readonly isOutput: boolean } | null;
  /** In the order in which the candidate runs them. */
  readonly children: readonly TreeNode[];
  /** Worst verdict of itself and all it holds. */
  readonly worst: PairVerdict | null;
  /** Pairs in it, its own included, and how many of them are mismatches. */
  readonly pairs: number;
  readonly wrong: number;
}

/** Nodes side by side that are alike and healthy, shown as one: `0 … 11`. */
export interface Block {
  readonly path: string;
  readonly nodes: readonly TreeNode[];
}
