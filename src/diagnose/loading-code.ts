import { usualTransform } from "../compare/weight-transforms.js";
import type { WeightFact } from "./types.js";

/** The line that loads a checkpoint variable into a parameter as its module needs it. */
export function loadingCode(fact: WeightFact, key: string): string {
  const rank = fact.keyShape.filter((size) => size !== 1).length;
  const squeeze =
    fact.keyShape.length > fact.shape.length
      ? `.reshape(${fact.keyShape.filter((size) => size !== 1).join(", ")})`
      : "";
  const transpose = rank === 2 && (fact.expected ?? fact.heldAs) === "transposed" ? ".T.contiguous()" : permuting(fact);
  return `state["${fact.parameter}"] = torch.from_numpy(tf.train.load_variable(checkpoint, "${key}"))${squeeze}${transpose}`;
}

/** The permutation of a kernel's axes; nothing where the ranks differ. */
function permuting(fact: WeightFact): string {
  if (fact.keyShape.length !== fact.shape.length) return "";
  const wanted = fact.expected ?? fact.heldAs ?? usualTransform({ variable: fact.keyShape, parameter: fact.shape });
  const order = /^permuted\((.*)\)$/.exec(wanted ?? "")?.[1]?.split(",");
  if (order === undefined) return "";
  // Channels and multiplier of a depthwise kernel become one axis.
  const merged = order.some((from, to) => fact.keyShape[Number(from)] !== fact.shape[to]);
  return `.permute(${order.join(", ")})${merged ? `.reshape(${fact.shape.join(", ")})` : ".contiguous()"}`;
}
