import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The weight is the variable times a constant, or plus one. */
export function seeScaledWeight(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind === "scaled") {
    return {
      cause: "scaled-weight",
      message: `${fact.parameter} is ${relation.factor.toPrecision(6)} times ${fact.key}`,
      evidence: ["one factor holds for every element"],
      fix: `state["${fact.parameter}"] = state["${fact.parameter}"] / ${relation.factor.toPrecision(6)}`,
      prior: 0.9,
    };
  }
  if (relation?.kind === "offset" || relation?.kind === "offset-along" || relation?.kind === "scaled-along") {
    return {
      cause: "scaled-weight",
      message: `${fact.parameter} is not ${fact.key} as it is: the stored values are ${relation.description}`,
      evidence: [relation.description],
      prior: 0.8,
    };
  }
  return null;
}
