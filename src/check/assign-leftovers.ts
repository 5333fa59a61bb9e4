import { matchLeftovers } from "../align/match-leftovers.js";
import { findRegion } from "../tensorflow/evidence/find-region.js";
import type { TwoSides } from "./compare-pairs.js";
import type { Judged } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/**
 * In a layer that differs, the parameters and the variables that nobody was assigned to: what the original reads between the
 * layer's inputs and its output is what the layer's parameters should hold. A map from variable to parameter.
 */
export function findLeftovers(sides: Sides, two: TwoSides, judged: Judged): Map<string, string> {
  const { parameters, keys } = sides.weighed.unassigned;
  const map = new Map<string, string>();
  if (parameters.length === 0 || keys.length === 0) return map;
  const known = new Set(judged.pairs.flatMap(({ pair }) => two.referenceTaps.get(pair.reference)?.tensor ?? []));
  for (const one of judged.pairs) {
    const path = two.candidateTaps.get(one.pair.candidate)?.path;
    const target = two.referenceTaps.get(one.pair.reference)?.tensor ?? null;
    if (one.judgement.verdict !== "mismatch" || path === undefined || target === null) continue;
    const own = parameters.filter(
      ({ name, module }) =>
        ![...map.values()].includes(name) && (path === "" || module === path || module.startsWith(`${path}.`)),
    );
    if (own.length === 0) continue;
    const read = new Set(findRegion(sides.original, target, without(known, target)).variables.values());
    const free = keys
      .filter((key) => read.has(key) && !map.has(key))
      .flatMap((key) => {
        const shape = sides.original.checkpoint.tensors.get(key)?.shape;
        return shape === undefined ? [] : [{ key, shape }];
      });
    for (const [key, name] of matchLeftovers(own, free)) map.set(key, name);
  }
  return map;
}

function without(known: ReadonlySet<string>, tensor: string): Set<string> {
  return new Set([...known].filter((one) => one !== tensor));
}
