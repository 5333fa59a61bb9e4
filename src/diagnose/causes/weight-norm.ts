import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The direction or the length of a weight-normalised kernel was stored instead of their product. */
export function seeWeightNorm(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind !== "scaled-along" || relation.unit === null) return null;
  return {
    cause: "weight-norm",
    message: `${fact.parameter} and ${fact.key} differ by the length of every slice along axis ${relation.axis}: weight normalisation was ${relation.unit === "stored" ? "not multiplied by g" : "left unnormalised"}`,
    evidence: [`the stored values are ${relation.description}`],
    prior: 0.85,
  };
}
