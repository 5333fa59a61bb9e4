import { relateValues } from "../compare/relate-values.js";
import { transformWeight, weightTransforms } from "../compare/weight-transforms.js";
import type { WeightFact } from "../diagnose/types.js";
import type { LazyTensor } from "../formats/types.js";
import { joinTensors } from "./derived-tensors.js";

/**
 * Parameters that were cut out of one fused variable at other places than they should have been: each alone holds a mixture
 * and is related to nothing, all of them together hold the fused variable in another order (head by head, for one).
 */
export function relateJoined(
  facts: readonly WeightFact[],
  stored: ReadonlyMap<string, LazyTensor>,
  derived: ReadonlyMap<string, LazyTensor>,
): WeightFact[] {
  const groups = new Map<string, WeightFact[]>();
  for (const fact of facts) {
    const [part, ...others] = fact.derived?.parts ?? [];
    if (part === undefined || others.length > 0 || fact.transform !== null || fact.equals !== null) continue;
    groups.set(part, [...(groups.get(part) ?? []), fact]);
  }
  const found = new Map<WeightFact, WeightFact>();
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    const own = group.map((fact) => stored.get(fact.parameter));
    const wanted = group.map((fact) => wantedOf(fact, derived));
    // Outputs lie along the first axis of torch's weights, and along the last of those that keep TensorFlow's order.
    const axis = group[0]?.expected === "same" ? (group[0]?.shape.length ?? 1) - 1 : 0;
    const [left, right] = [join(own, axis), join(wanted, axis)];
    if (left === null || right === null || left.shape.join() !== right.shape.join()) continue;
    const relation = relateValues(left, right);
    if (relation.kind === "unrelated") continue;
    for (const fact of group) found.set(fact, { ...fact, fresh: null, relation });
  }
  return facts.map((fact) => found.get(fact) ?? fact);
}

function wantedOf(fact: WeightFact, derived: ReadonlyMap<string, LazyTensor>): LazyTensor | undefined {
  const variable = derived.get(fact.key);
  if (variable === undefined) return undefined;
  const transforms = weightTransforms(variable.shape, fact.shape);
  const transform = transforms.find((one) => one.name === fact.expected) ?? transforms[0];
  return transform === undefined ? undefined : transformWeight(variable, transform);
}

function join(parts: readonly (LazyTensor | undefined)[], axis: number): LazyTensor | null {
  const whole = parts.filter((part) => part !== undefined);
  return whole.length === parts.length ? joinTensors(whole, axis) : null;
}
