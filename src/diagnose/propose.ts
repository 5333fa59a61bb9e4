import { seeLayerOrder } from "./causes/layer-order.js";
import { seeMissingWeight } from "./causes/missing-weight.js";
import { seeSwappedWeights } from "./causes/swapped-weights.js";
import { seeTransposedWeight } from "./causes/transposed-weight.js";
import type { Hypothesis, LayerFact, WeightFact } from "./types.js";

/** All causes that the evidence puts on the list, those that explain most first. */
export function proposeCauses(facts: readonly WeightFact[], layers: readonly LayerFact[]): Hypothesis[] {
  const order = seeLayerOrder(facts, layers);
  const ordered = new Set(order?.parameters ?? []);
  const rest = facts.filter((fact) => !ordered.has(fact.parameter));
  return [
    ...(order === null ? [] : [order]),
    ...seeSwappedWeights(rest, layers),
    ...rest.flatMap((fact) => seeTransposedWeight(fact, layers) ?? seeMissingWeight(fact, layers) ?? []),
  ];
}
