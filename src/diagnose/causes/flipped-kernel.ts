import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The kernel is rotated by 180°: a convolution where the original correlates. */
export function seeFlippedKernel(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind !== "axes" || relation.flipped.length === 0) return null;
  // Axes behind the first two are the kernel's own; the channels of an image reversed is another fault.
  if (relation.flipped.every((axis) => axis < 2)) {
    return {
      cause: "channel-order",
      message: `${fact.parameter} holds ${fact.key} with its channels reversed (BGR for RGB)`,
      evidence: [`the stored values are ${relation.description}`],
      fix: `state["${fact.parameter}"] = state["${fact.parameter}"].flip(${relation.flipped.join(", ")})`,
      prior: 0.9,
    };
  }
  return {
    cause: "flipped-kernel",
    message: `${fact.parameter} holds ${fact.key} reversed along axis ${relation.flipped.join(" and ")}: TensorFlow and PyTorch both correlate, nothing is to be flipped`,
    evidence: [`the stored values are ${relation.description}`],
    fix: `state["${fact.parameter}"] = state["${fact.parameter}"].flip(${relation.flipped.join(", ")})`,
    prior: 0.9,
  };
}
