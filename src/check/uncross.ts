import { type FoundByValues, findCrossed } from "../align/find-crossed.js";
import type { TwoSides } from "./compare-pairs.js";
import type { Judged } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/**
 * Where names do not correspond, weights are assigned by their values, and two layers that hold each other's weights are
 * taken for each other. If both differ although they were fed the original's own tensors, and they run in the opposite order,
 * the order is believed. A map from variable to parameter; empty when nothing is crossed.
 */
export function findCrossedWeights(sides: Sides, two: TwoSides, judged: Judged): Map<string, string> {
  const places = new Map([...two.referenceTaps.keys()].map((id, i) => [id, i]));
  const order = new Map([...two.candidateTaps.keys()].map((id, i) => [id, i]));
  const suspicious = judged.pairs.flatMap((one): FoundByValues[] => {
    const tap = two.candidateTaps.get(one.pair.candidate);
    if (one.judgement.verdict !== "mismatch" || tap === undefined || tap.call !== 1) return [];
    const facts = sides.weighed.facts.filter((fact) => fact.module === tap.path);
    // A bias may have followed its kernel by name.
    const byValues = facts.some((fact) => fact.matchedBy === "values");
    if (!byValues || facts.some((fact) => fact.matchedBy === "map" || (fact.derived ?? null) !== null)) return [];
    return [
      {
        module: tap.path,
        type: tap.type,
        parameters: facts.map((fact) => ({ name: fact.parameter, shape: fact.shape, key: fact.key })),
        candidatePlace: order.get(one.pair.candidate) ?? 0,
        referencePlace: places.get(one.pair.reference) ?? 0,
      },
    ];
  });
  return findCrossed(suspicious);
}
