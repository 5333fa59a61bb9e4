import { layerOf } from "../layer-of.js";
import { loadingCode } from "../loading-code.js";
import type { Hypothesis, LayerFact, WeightFact } from "../types.js";

/** Parameters that hold each other's variables: one finding per group of modules that exchanged theirs. */
export function seeSwappedWeights(facts: readonly WeightFact[], layers: readonly LayerFact[]): Hypothesis[] {
  const wrong = facts.filter(
    (fact) => fact.equals !== null && fact.transform === null && layerOf(fact, layers)?.failed,
  );
  const ownerOf = new Map(facts.map((fact) => [fact.key, fact.module]));
  return groupByExchange(wrong, ownerOf).map((group) => {
    const first = group[0] as WeightFact;
    const pairs = [...new Set(group.flatMap((fact) => layerOf(fact, layers)?.pair ?? []))];
    return {
      cause: "swapped-weights",
      pairs,
      parameters: group.map((fact) => fact.parameter),
      source: first.source,
      message: describeExchange(group, ownerOf),
      evidence: group.map((fact) => `${fact.parameter} equals ${fact.equals}, its own is ${fact.key}`),
      prior: 0.9,
      repairs: group.map((fact) => ({ kind: "load", parameter: fact.parameter, key: fact.key })),
      change: group.map((fact) => `${fact.parameter} loaded from ${fact.key}`).join("; "),
      fix: group.map((fact) => loadingCode(fact, fact.key)).join("\n"),
    };
  });
}

function describeExchange(group: readonly WeightFact[], ownerOf: ReadonlyMap<string, string>): string {
  const modules = [...new Set(group.map((fact) => fact.module))];
  const owners = new Set(group.map((fact) => ownerOf.get(fact.equals ?? "")));
  const among = owners.size === modules.length && modules.every((module) => owners.has(module));
  if (among && modules.length === 1)
    return `${group.map((fact) => fact.parameter).join(" and ")} hold each other's values`;
  if (among && modules.length === 2) return `${modules.join(" and ")} hold each other's weights`;
  if (among) return `${modules.join(", ")} hold each other's weights, in a circle`;
  return `${modules.join(", ")} hold${modules.length === 1 ? "s" : ""} the weights of other layers`;
}

/** Modules are in one group when one holds a variable that belongs to the other. */
function groupByExchange(facts: readonly WeightFact[], ownerOf: ReadonlyMap<string, string>): WeightFact[][] {
  const parent = new Map<string, string>();
  const root = (module: string): string => {
    let at = module;
    for (let up = parent.get(at); up !== undefined; up = parent.get(at)) at = up;
    return at;
  };
  for (const fact of facts) {
    const from = root(fact.module);
    const to = root(ownerOf.get(fact.equals ?? "") ?? fact.module);
    if (from !== to) parent.set(from, to);
  }
  const groups = new Map<string, WeightFact[]>();
  for (const fact of facts) {
    const key = root(fact.module);
    groups.set(key, [...(groups.get(key) ?? []), fact]);
  }
  return [...groups.values()];
}
