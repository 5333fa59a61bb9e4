import { seeBatchnormStatistics } from "./causes/batchnorm-statistics.js";
import { seeLayerOrder } from "./causes/layer-order.js";
import { seeMissingWeight } from "./causes/missing-weight.js";
import { seeSwappedWeights } from "./causes/swapped-weights.js";
import { seeTransposedWeight } from "./causes/transposed-weight.js";
import { holdsItsOwn, joinShared } from "./shared-sums.js";
import type { Situation } from "./situation.js";
import type { Hypothesis, LayerFact, WeightFact } from "./types.js";
import { seeRelatedWeight } from "./weight-causes.js";

/** All causes that the weights put on the list, those that explain most first. */
export function proposeCauses(facts: readonly WeightFact[], layers: readonly LayerFact[]): Hypothesis[] {
  const orders = seeLayerOrder(facts, layers);
  const ordered = new Set(orders.flatMap((order) => order.parameters));
  const rest = facts.filter((fact) => !ordered.has(fact.parameter));
  // Statistics of one batch norm in the place of another's are told by that name; and what a parameter of one cell holds of
  // that cell's own variables was put together differently, not exchanged.
  const isOwn = (fact: WeightFact): boolean => seeBatchnormStatistics(fact) !== null || holdsItsOwn(fact, facts);
  const exchanged = rest.filter((fact) => fact.equals === null || !isOwn(fact));
  const wrong = rest.filter((fact) => fact.equals === null || isOwn(fact));
  const single = wrong.flatMap(
    (fact) =>
      seeTransposedWeight(fact, layers) ??
      (isLost(fact, facts) ? null : seeRelatedWeight(fact, layers)) ??
      seeMissingWeight(fact, layers) ??
      [],
  );
  return [...orders, ...seeSwappedWeights(exchanged, layers), ...joinShared(single, facts)];
}

/** A bias that has nothing of the checkpoint, beside a kernel that has nothing of it, was not loaded either. */
function isLost(fact: WeightFact, facts: readonly WeightFact[]): boolean {
  const hasNothing = (one: WeightFact): boolean => one.transform === null && one.relation?.kind === "unrelated";
  return (
    fact.shape.length === 1 &&
    hasNothing(fact) &&
    facts.some((one) => one.module === fact.module && one.shape.length > 1 && hasNothing(one) && one.equals === null)
  );
}

/**
 * The same for the parameters that a layer computes with, whatever modules they belong to: where a module was not compared
 * itself, its wrong weight shows in the layer that comes after it.
 */
export function proposeTracedWeights(situation: Situation, facts: readonly WeightFact[]): Hypothesis[] {
  const names = new Set(
    situation.trace.tensors.flatMap(({ origin }) => (origin.kind === "parameter" ? [origin.name] : [])),
  );
  const traced = facts.filter((fact) => names.has(fact.parameter));
  return proposeCauses(traced, [{ pair: situation.layer.pair, module: "", failed: true }]);
}
