import { isRecurrent } from "../recurrent-parameter.js";
import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The original adds a constant to the forget gate, and the port's bias lacks it. */
export function seeForgetBias(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind !== "blocks" || relation.offsets === null || !isRecurrent(fact)) return null;
  if (!relation.order.every((block, i) => block === i)) return null;
  const at = relation.offsets.findIndex((offset) => offset !== 0);
  const missing = -(relation.offsets[at] ?? 0);
  return {
    cause: "forget-bias",
    message: `the original's cell adds ${missing} to its forget gate; ${fact.parameter} does not have it`,
    evidence: [`all gates of ${fact.parameter} are right but block ${at}, which is ${missing} less in every unit`],
    fix: `hidden = state["${fact.parameter}"].shape[0] // ${relation.count}\nstate["${fact.parameter}"][${at} * hidden:${at + 1} * hidden] += ${missing}`,
    prior: 0.9,
  };
}
