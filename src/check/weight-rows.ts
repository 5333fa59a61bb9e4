import { nearestLayer } from "../diagnose/layer-of.js";
import type { LayerFact, WeightFact } from "../diagnose/types.js";
import type { WeightResult } from "../report/types.js";
import type { Sides } from "./run-sides.js";
import { describeUnweighed } from "./unweighed-rows.js";

/** The conversion ledger: a row per parameter, tied ones included, and one per variable that nobody loaded. */
export function describeWeights(
  sides: Sides,
  layers: readonly LayerFact[],
  accused: ReadonlySet<string>,
): WeightResult[] {
  const { facts, unassigned } = sides.weighed;
  const rows = facts.map((fact) => describeFact(fact, nearestLayer(fact.module, layers), accused));
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
  return [...rows, ...tied, ...describeUnweighed(sides), ...lost, ...unused];
}

function describeFact(fact: WeightFact, layer: LayerFact | undefined, accused: ReadonlySet<string>): WeightResult {
  const { verdict, note } = judgeFact(fact, layer, accused);
  return {
    reference: fact.key,
    ...(fact.derived ? { parts: fact.derived.parts } : {}),
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

/** What the parameter holds instead of what it should, as far as it is known. */
export function describeDifference(fact: WeightFact): string | null {
  if (fact.equals !== null) return `holds ${fact.equals}`;
  const [sibling] = fact.siblings ?? [];
  if (sibling !== undefined) return `holds ${sibling}`;
  const { relation } = fact;
  if (relation && relation.kind !== "unrelated") {
    const what = fact.shared ? `its sum with ${fact.shared.with} is` : "holds values that are";
    return `${what} ${relation.description}`;
  }
  return fact.fresh;
}

/** Weight equality proposes, function decides (CAUSES.md, rules). */
function judgeFact(
  fact: WeightFact,
  layer: LayerFact | undefined,
  accused: ReadonlySet<string>,
): Pick<WeightResult, "verdict" | "note"> {
  if (fact.transform !== null && fact.transform === fact.expected) {
    if (fact.notConvertible) return { verdict: "equal", note: fact.notConvertible };
    if (fact.shared)
      return { verdict: "equal-by-function", note: `only its sum with ${fact.shared.with} counts, and that is right` };
    return { verdict: "equal", note: null };
  }
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
    // Nothing to say against a layout that only its function can judge: it was tried, and what it came to is a finding.
    if (fact.expected === null) return { verdict: accused.has(fact.parameter) ? "differs" : "equal", note: null };
    return {
      verdict: "differs",
      note: "equal to the variable in an orientation that the module does not compute with",
    };
  }
  if (passes) return { verdict: "equal-by-function", note: "the values differ, the layer computes the same" };
  return { verdict: "differs", note: describeDifference(fact) };
}
