import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The features of the heads lie in another order: (size, heads) where (heads, size) is wanted. */
export function seePermutedHeads(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind === "head-interleaved" && relation.parts < 2) {
    return {
      cause: "head-layout",
      message: `${fact.parameter} has its features ordered ${relation.stored === "by-head" ? "size within head" : "head within size"}, the port splits them the other way`,
      evidence: [`the stored values are ${relation.description}`],
      prior: 0.85,
    };
  }
  if (relation?.kind !== "blocks" || fact.shape.length > 2) return null;
  return {
    cause: "head-layout",
    message: `${fact.parameter} has its ${relation.count} blocks along axis ${relation.axis} in the order ${relation.order.join(", ")}`,
    evidence: [`the stored values are ${relation.description}`],
    prior: 0.8,
  };
}
