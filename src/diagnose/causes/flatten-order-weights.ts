import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The rows of the dense kernel behind a flatten are ordered for the other layout of the map. */
export function seeFlattenedRows(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind !== "flatten-order") return null;
  return {
    cause: "flatten-order",
    message: `${fact.parameter} has its inputs in the order of another flatten: ${relation.sizes.join("×")} permuted by (${relation.permute.join(", ")})`,
    evidence: [`the stored values are ${relation.description}`],
    prior: 0.85,
  };
}
