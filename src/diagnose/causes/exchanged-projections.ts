import type { TracedOp } from "../../runners/edits.js";
import { propose } from "../layer/hypothesis.js";
import { inputOf } from "../layer/refer.js";
import type { SeeCause } from "../layer-causes.js";
import { parameterBehind, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis, WeightFact } from "../types.js";

const PROJECTING: ReadonlySet<string> = new Set(["linear", "matmul", "mm", "addmm", "einsum"]);
const NORMS: ReadonlySet<string> = new Set(["layer_norm", "rms_norm", "group_norm", "batch_norm"]);
/** So many exchanges are tried in one layer, those of suspect calls and of projections of one tensor first. */
const MOST = 12;

/**
 * Two calls of one kind that use each other's weights, where names do not tell which is which (`wq` that holds the key's
 * kernel, the two norms of a block): every parameter equals a variable, and only what is done with the results shows it.
 */
export const seeExchangedProjections: SeeCause = (situation) => {
  const calls = situation.ops.flatMap((op) => weightedCall(situation, op) ?? []);
  const isSuspect = ({ op }: WeightedCall): number => Number(situation.suspects.includes(op));
  const rank = ({ a, b }: { a: WeightedCall; b: WeightedCall }): number =>
    Number(a.reads === b.reads) + isSuspect(a) + isSuspect(b);
  const pairs = calls.flatMap((a, i) => calls.slice(i + 1).flatMap((b) => (alike(a, b) ? [{ a, b }] : [])));
  return pairs
    .sort((one, other) => rank(other) - rank(one))
    .slice(0, MOST)
    .map(({ a, b }) => say(situation, a, b));
};

interface WeightedCall {
  readonly op: TracedOp;
  readonly kind: "projection" | "norm";
  /** The tensor that it is given. */
  readonly reads: string;
  readonly facts: readonly WeightFact[];
}

function weightedCall(situation: Situation, op: TracedOp): WeightedCall | null {
  const reads = inputOf(op);
  const kind = PROJECTING.has(op.key.name) ? "projection" : NORMS.has(op.key.name) ? "norm" : null;
  if (kind === null || reads === null) return null;
  const names = tensorsIn(op).flatMap((tensor) => parameterBehind(situation, tensor) ?? []);
  const facts = names.flatMap((name) => situation.weights.find((fact) => fact.parameter === name) ?? []);
  // A name that says whose weights these are was compared with them already.
  const isEqual = facts.every((fact) => fact.transform !== null);
  return isEqual && facts.some((fact) => fact.matchedBy === "values") ? { op, kind, reads, facts } : null;
}

function alike(a: WeightedCall, b: WeightedCall): boolean {
  return (
    a.kind === b.kind &&
    a.facts.length === b.facts.length &&
    a.facts.every(
      (fact, i) => fact.shape.join() === b.facts[i]?.shape.join() && fact.parameter !== b.facts[i]?.parameter,
    )
  );
}

function say(situation: Situation, a: WeightedCall, b: WeightedCall): Hypothesis {
  const [first, second] = [a.facts[0] as WeightFact, b.facts[0] as WeightFact];
  const pairs = a.facts.flatMap((fact, i) => {
    const other = b.facts[i] as WeightFact;
    return [
      { parameter: fact.parameter, key: other.key },
      { parameter: other.parameter, key: fact.key },
    ];
  });
  return propose(situation, {
    cause: "swapped-weights",
    source: a.op.source,
    parameters: pairs.map((one) => one.parameter),
    message: `${first.parameter} and ${second.parameter} hold each other's weights: ${first.parameter} holds ${first.key}, ${second.parameter} ${second.key}`,
    evidence: ["each of them equals a variable of this layer, and the layer is right with the two exchanged"],
    edits: [],
    repairs: pairs.map((one) => ({ kind: "load", ...one })),
    change: `${first.parameter} and ${second.parameter} exchanged`,
    fix: `# load ${second.key} into ${first.parameter}, and ${first.key} into ${second.parameter}`,
    prior: 0.62,
  });
}
