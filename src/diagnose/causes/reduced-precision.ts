import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The weight went through float16 or bfloat16 on its way. */
export function seeReducedPrecision(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind !== "rounded") return null;
  return {
    cause: "reduced-precision",
    message: `${fact.parameter} is ${fact.key} rounded to ${relation.to}`,
    evidence: [
      `rounding ${fact.key} to ${relation.to} gives ${fact.parameter} element for element`,
      ...(fact.maxAbs === null ? [] : [`it differs by up to ${fact.maxAbs.toExponential(1)}`]),
    ],
    prior: 0.9,
  };
}
