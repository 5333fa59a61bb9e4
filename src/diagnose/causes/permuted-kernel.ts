import { usualTransform } from "../../compare/weight-transforms.js";
import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** Relations in which only the order along one axis differs. Kernels of images have no heads and no rotary pairs. */
const ORDERS: ReadonlySet<string> = new Set([
  "blocks",
  "head-interleaved",
  "rotary-pairs",
  "flatten-order",
  "reordered",
]);

/** The kernel's axes lie in another order than the module needs: HWIO taken for OIHW, height and width exchanged. */
export function seePermutedKernel(fact: WeightFact): SeenWeight | null {
  if (fact.shape.length < 3) return null;
  const { relation, transform } = fact;
  if (relation && ORDERS.has(relation.kind) && "axis" in relation) {
    const isDepthwise = fact.shape[1] === 1 && relation.axis === 0 && (fact.keyShape.at(-1) ?? 1) > 1;
    return {
      cause: "permuted-kernel",
      message: isDepthwise
        ? `${fact.parameter} holds ${fact.key} with its ${fact.shape[0]} outputs ordered by multiplier, then channel, where a grouped convolution needs them by channel, then multiplier`
        : `${fact.parameter} holds ${fact.key} with its axis ${relation.axis} in another order`,
      evidence: [`the stored values are ${relation.description}`],
      prior: 0.9,
    };
  }
  const wanted = fact.expected ?? usualTransform({ variable: fact.keyShape, parameter: fact.shape });
  const isTurned = relation?.kind === "axes" && relation.flipped.length === 0;
  if (!isTurned && (transform === null || wanted === null || transform === wanted)) return null;
  const stored = transform ?? `permuted(${isTurned ? relation.permute.join(",") : ""})`;
  const user = fact.expected === null ? "a convolution" : fact.moduleType;
  return {
    cause: "permuted-kernel",
    message: `${fact.parameter} holds ${fact.key} ${spell(stored)}, where ${user} needs it ${wanted === null ? "in another order" : spell(wanted)}`,
    evidence: [
      `${fact.parameter} [${fact.shape.join(", ")}] equals ${fact.key} [${fact.keyShape.join(", ")}] ${spell(stored)}`,
      "the sizes agree, so no shape check could notice",
    ],
    // Where nothing says what the module does with it, another order may be meant.
    prior: fact.expected === null ? 0.55 : 0.9,
  };
}

/** A transform in words: `permuted by (2, 3, 0, 1)`. */
function spell(transform: string): string {
  if (transform === "same") return "as it is stored";
  const order = /^permuted\((.*)\)$/.exec(transform)?.[1];
  return order === undefined ? transform : `permuted by (${order.split(",").join(", ")})`;
}
