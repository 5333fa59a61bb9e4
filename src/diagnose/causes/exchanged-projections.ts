import type { TracedOp } from "../../runners/edits.js";
import { propose } from "../layer/hypothesis.js";
import { inputOf } from "../layer/refer.js";
import type { SeeCause } from "../layer-causes.js";
import { parameterBehind, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis, WeightFact } from "../types.js";

const PROJECTING: ReadonlySet<string> = new Set(["linear", "matmul", "mm", "addmm", "einsum"]);
/** Query, key, value and an output gate; more projections of one tensor are not known. */
const MOST = 4;

/**
 * Two projections of one tensor that hold each other's weights, where names do not tell which is which (`wq` that holds the
 * key's kernel): every parameter equals a variable, and only what is done with the results shows it.
 */
export const seeExchangedProjections: SeeCause = (situation) => {
  const projections = situation.ops.flatMap((op) => projection(situation, op) ?? []);
  const groups = new Map<string, Projection[]>();
  for (const one of projections) groups.set(one.reads, [...(groups.get(one.reads) ?? []), one]);
  return [...groups.values()]
    .filter((group) => group.length >= 2 && group.length <= MOST)
    .flatMap((group) =>
      group.flatMap((a, i) => group.slice(i + 1).flatMap((b) => (alike(a, b) ? [say(situation, a, b)] : []))),
    );
};

interface Projection {
  readonly op: TracedOp;
  /** The tensor that is projected. */
  readonly reads: string;
  readonly facts: readonly WeightFact[];
}

function projection(situation: Situation, op: TracedOp): Projection | null {
  const reads = inputOf(op);
  if (!PROJECTING.has(op.key.name) || reads === null) return null;
  const names = tensorsIn(op).flatMap((tensor) => parameterBehind(situation, tensor) ?? []);
  const facts = names.flatMap((name) => situation.weights.find((fact) => fact.parameter === name) ?? []);
  // A name that says whose weights these are was compared with them already.
  const isEqual = facts.every((fact) => fact.transform !== null);
  return isEqual && facts.some((fact) => fact.matchedBy === "values") ? { op, reads, facts } : null;
}

function alike(a: Projection, b: Projection): boolean {
  return (
    a.facts.length === b.facts.length &&
    a.facts.every(
      (fact, i) => fact.shape.join() === b.facts[i]?.shape.join() && fact.parameter !== b.facts[i]?.parameter,
    )
  );
}

function say(situation: Situation, a: Projection, b: Projection): Hypothesis {
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
