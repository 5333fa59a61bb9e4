import type { WeightFact } from "./types.js";

/** The line that loads a checkpoint variable into a parameter as its module needs it. */
export function loadingCode(fact: WeightFact, key: string): string {
  const rank = fact.keyShape.filter((size) => size !== 1).length;
  const squeeze =
    fact.keyShape.length > fact.shape.length
      ? `.reshape(${fact.keyShape.filter((size) => size !== 1).join(", ")})`
      : "";
  const transpose = rank === 2 && fact.expected === "transposed" ? ".T.contiguous()" : "";
  return `state["${fact.parameter}"] = torch.from_numpy(tf.train.load_variable(checkpoint, "${key}"))${squeeze}${transpose}`;
}
