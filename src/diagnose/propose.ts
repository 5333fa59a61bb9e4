import { seeLayerOrder } from "./causes/layer-order.js";
import { seeMissingWeight } from "./causes/missing-weight.js";
import { seeSwappedWeights } from "./causes/swapped-weights.js";
import { seeTransposedWeight } from "./causes/transposed-weight.js";
import type { Hypothesis, LayerFact, WeightFact } from "./types.js";

/** All causes that the evidence puts on the list, those that explain most first. */
export function proposeCauses(facts: readonly WeightFact[], layers: readonly LayerFact[]): Hypothesis[] {
  const orders = seeLayerOrder(facts, layers);
  const ordered = new Set(orders.flatMap((order) => order.parameters));
  const rest = facts.filter((fact) => !ordered.has(fact.parameter));
  return [
    ...orders,
    ...seeSwappedWeights(rest, layers),
    ...rest.flatMap((fact) => seeTransposedWeight(fact, layers) ?? seeMissingWeight(fact, layers) ?? []),
  ];
}
