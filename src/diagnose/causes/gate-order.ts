import { isRecurrent } from "../recurrent-parameter.js";
import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The blocks of a recurrent kernel lie in TensorFlow's order of gates instead of PyTorch's. */
export function seeGateOrder(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind !== "blocks" || !isRecurrent(fact)) return null;
  if (relation.count !== 4 && relation.count !== 3 && relation.count !== 2) return null;
  if (relation.order.every((block, i) => block === i)) return null;
  const names = relation.count === 4 ? ["i", "f", "g", "o"] : ["r", "z", "n"];
  const held = relation.order.map((block) => names[block] ?? String(block)).join(", ");
  return {
    cause: "gate-order",
    message: `${fact.parameter} has its gates in the order ${held} instead of ${names.slice(0, relation.count).join(", ")}`,
    evidence: [
      `block by block along axis ${relation.axis} it equals what ${fact.key} gives, in the order ${relation.order.join(", ")}`,
      ...(relation.offsets === null ? [] : ["one block is also off by a constant"]),
    ],
    prior: 0.9,
  };
}
