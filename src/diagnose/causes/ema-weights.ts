import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The moving average of the weights (or an optimizer's slot) was taken for the weights. */
export function seeEmaWeights(fact: WeightFact): SeenWeight | null {
  const sibling = fact.siblings?.[0];
  if (sibling === undefined) return null;
  return {
    cause: "ema-weights",
    message: `${fact.parameter} holds ${sibling}, which the original does not use when it runs; it uses ${fact.key}`,
    evidence: [`${fact.parameter} equals ${sibling} element for element`, ...distance(fact)],
    prior: 0.9,
  };
}

function distance(fact: WeightFact): string[] {
  return fact.maxAbs === null ? [] : [`it differs from ${fact.key} by up to ${fact.maxAbs.toExponential(1)}`];
}
