import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** Rows of query and key are laid out for the other pairing of rotary positions. */
export function seeRotaryPairs(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind !== "rotary-pairs") return null;
  return {
    cause: "rope-layout",
    message: `${fact.parameter} has its rotary pairs ${relation.stored === "interleaved" ? "side by side" : "half a head apart"}, the port rotates them the other way`,
    evidence: [`the stored values are ${relation.description}`, "position 0 is not rotated and agrees"],
    prior: 0.9,
  };
}
