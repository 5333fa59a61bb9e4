import { isRecurrent } from "../recurrent-parameter.js";
import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** Query, key and value lie in another order in a fused kernel, or are interleaved head by head. */
export function seeQkvLayout(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind === "head-interleaved" && relation.parts >= 2) {
    const [is, should] =
      relation.stored === "by-head"
        ? ["head by head", "as whole blocks, one after the other"]
        : ["as whole blocks, one after the other", "head by head"];
    return {
      cause: "qkv-layout",
      message: `${fact.parameter} holds query, key and value ${is}; the port splits them ${should} (${relation.heads} heads of ${relation.size})`,
      evidence: [
        `the stored values are ${relation.description}`,
        "the first head's query lies at the same place in both layouts and agrees",
      ],
      prior: 0.9,
    };
  }
  if (relation?.kind !== "blocks" || relation.count !== 3 || isRecurrent(fact)) return null;
  const names = ["query", "key", "value"];
  return {
    cause: "qkv-layout",
    message: `${fact.parameter} holds ${relation.order.map((block) => names[block]).join(", ")} where ${names.join(", ")} are wanted`,
    evidence: [`the stored values are ${relation.description}`],
    prior: 0.9,
  };
}
