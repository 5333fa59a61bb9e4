import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The weight has the opposite sign. */
export function seeSignFlipped(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind !== "scaled" || relation.factor !== -1) return null;
  return {
    cause: "sign-flipped",
    message: `${fact.parameter} is −${fact.key}`,
    evidence: ["every element has the opposite sign"],
    fix: `state["${fact.parameter}"] = -state["${fact.parameter}"]`,
    prior: 0.9,
  };
}
