import type { SourcePlace } from "../../recording/types.js";
import type { Edit, Expression, TracedOp } from "../../runners/edits.js";
import { editOp } from "../express.js";
import type { Situation } from "../situation.js";
import type { CauseId, Hypothesis, Repair, RewriteRule } from "../types.js";

export interface Proposal {
  readonly cause: CauseId;
  readonly message: string;
  readonly evidence?: readonly string[];
  readonly edits: readonly Edit[];
  readonly change: string;
  readonly fix: string;
  readonly prior: number;
  readonly source: SourcePlace | null;
  readonly rewrite?: RewriteRule | null;
  readonly parameters?: readonly string[];
  /** Besides the edits. */
  readonly repairs?: readonly Repair[];
}

/** A hypothesis about the layer of a situation. */
export function propose(situation: Situation, proposal: Proposal): Hypothesis {
  return {
    cause: proposal.cause,
    pairs: [situation.layer.pair],
    parameters: proposal.parameters ?? [],
    source: proposal.source,
    message: proposal.message,
    evidence: proposal.evidence ?? [],
    repairs: [...proposal.edits.map((edit): Repair => ({ kind: "edit", edit })), ...(proposal.repairs ?? [])],
    change: proposal.change,
    fix: proposal.fix,
    prior: proposal.prior,
    rewrite: proposal.rewrite ?? null,
  };
}

/** The edit of one call, in the list that a proposal takes. */
export function editsOf(op: TracedOp, value: Expression): Edit[] {
  return [editOp(op, value)];
}

/** The layer's output is `value` instead. */
export function editOutput(situation: Situation, value: Expression): Edit[] {
  return [{ kind: "output", tap: situation.layer.tap, value }];
}

/** The likeliest first, no two with the same edits (the likelier stays), at most `most`. */
export function strongest(hypotheses: readonly Hypothesis[], most = 15): Hypothesis[] {
  const seen = new Set<string>();
  return [...hypotheses]
    .sort((a, b) => b.prior - a.prior)
    .filter((one) => {
      const key = JSON.stringify(one.repairs);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .slice(0, most);
}
