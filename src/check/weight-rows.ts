import { nearestLayer } from "../diagnose/layer-of.js";
import type { LayerFact, WeightFact } from "../diagnose/types.js";
import type { WeightResult } from "../report/types.js";
import type { Sides } from "./run-sides.js";

/** The conversion ledger: a row per parameter, tied ones included, and one per variable that nobody loaded. */
export function describeWeights(sides: Sides, layers: readonly LayerFact[]): WeightResult[] {
  const { facts, unassigned } = sides.weighed;
  const rows = facts.map((fact) => describeFact(fact, nearestLayer(fact.module, layers)));
  const known = new Map(rows.map((row) => [row.candidate, row]));
  const tied = sides.description.parameters.flatMap((parameter): WeightResult[] => {
    const first = parameter.sameAs === null || !parameter.persistent ? undefined : known.get(parameter.sameAs);
    if (first === undefined) return [];
    const note = `the same storage as ${parameter.sameAs}${first.note === null ? "" : `: ${first.note}`}`;
    return [{ ...first, candidate: parameter.name, note }];
  });
  const lost = unassigned.parameters.map(
    (parameter): WeightResult => ({
      reference: null,
      candidate: parameter.name,
      shape: { reference: null, candidate: parameter.shape },
      transform: "none",
      expected: "unknown",
      matchedBy: "none",
      maxAbs: null,
      verdict: "unassigned",
      note:
        parameter.kind === "buffer"
          ? "a buffer without a variable in the checkpoint"
          : "no variable of the checkpoint has its name or values",
    }),
  );
  const unused = unassigned.keys.map(
    (key): WeightResult => ({
      reference: key,
      candidate: null,
      shape: { reference: sides.original.checkpoint.tensors.get(key)?.shape ?? null, candidate: null },
      transform: "none",
      expected: "unknown",
      matchedBy: "none",
      maxAbs: null,
      verdict: "unassigned",
      note: "no parameter of the port was assigned to it",
    }),
  );
  return [...rows, ...tied, ...lost, ...unused];
}

function describeFact(fact: WeightFact, layer: LayerFact | undefined): WeightResult {
  const { verdict, note } = judgeFact(fact, layer);
  return {
    reference: fact.key,
    candidate: fact.parameter,
    shape: { reference: fact.keyShape, candidate: fact.shape },
    transform: fact.transform ?? "none",
    expected: fact.expected ?? "unknown",
    matchedBy: fact.matchedBy,
    maxAbs: fact.maxAbs,
    verdict,
    note,
  };
}

/** Weight equality proposes, function decides (CAUSES.md, rules). */
function judgeFact(fact: WeightFact, layer: LayerFact | undefined): Pick<WeightResult, "verdict" | "note"> {
  if (fact.transform !== null && fact.transform === fact.expected) return { verdict: "equal", note: null };
  const passes = layer !== undefined && !layer.failed;
  if (fact.transform !== null) {
    if (passes)
      return {
        verdict: fact.expected === null ? "equal" : "equal-by-function",
        note:
          fact.expected === null
            ? "the layer's function shows that this orientation is right"
            : "stored in another orientation than usual; the layer computes the same",
      };
    // Nothing to say against a layout that only its function could judge, when it is not the layout that is in question.
    if (fact.expected === null && fact.shape.length === 2 && fact.shape[0] !== fact.shape[1])
      return { verdict: "equal", note: null };
    return {
      verdict: "differs",
      note: "equal to the variable in an orientation that the module does not compute with",
    };
  }
  if (passes) return { verdict: "equal-by-function", note: "the values differ, the layer computes the same" };
  return { verdict: "differs", note: fact.equals === null ? fact.fresh : `holds ${fact.equals}` };
}
