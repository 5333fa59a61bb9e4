import { isRecurrent } from "../recurrent-parameter.js";
import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The bias of a recurrent cell is there twice, or was summed where the two must stay apart. */
export function seeRecurrentBias(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (!isRecurrent(fact) || !isBias(fact) || relation === undefined || relation === null) return null;
  if (relation.kind === "scaled" && relation.factor === 2) {
    return {
      cause: "recurrent-bias",
      message: `the bias of ${fact.module} is added twice: PyTorch adds bias_ih and bias_hh, and both hold ${fact.key}`,
      evidence: ["the sum of the two biases is twice the original's"],
      fix: `state["${fact.parameter.replace("bias_ih", "bias_hh")}"].zero_()  # TensorFlow has one bias`,
      prior: 0.9,
    };
  }
  // A cell with one bias has nothing to put together.
  if (!fact.shared && fact.shape.length === 1) return null;
  if (relation.kind !== "some-rows" && relation.kind !== "unrelated" && relation.kind !== "close") return null;
  return {
    cause: "recurrent-bias",
    message: `${fact.parameter} does not hold what ${fact.key} gives: the biases of the input and of the recurrent product were put together differently`,
    evidence: [`the stored values are ${relation.description}`],
    prior: 0.6,
  };
}

/** One axis; or two rows, one for either product, as Keras' GRU stores its biases. One that was never loaded is none. */
function isBias({ shape, fresh }: WeightFact): boolean {
  return shape.length === 1 || (shape.length === 2 && shape[0] === 2 && fresh === null);
}
