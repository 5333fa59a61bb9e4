import type { WeightFact } from "../../diagnose/types.js";

/**
 * Parameters that were given the variable of their own number where one side counts blocks from 0 and the other from 1: `stage.1` the
 * values of `stage_2`. Gives them the variables that they hold, as a map of reference name → parameter. Only where the reference has no
 * block 0 at that place, so that blocks that are loaded into each other's places stay wrong.
 *
 * @param keys names of the reference
 */
export function renumberBlocks(facts: readonly WeightFact[], keys: readonly string[]): Record<string, string> {
  const known = new Set(keys);
  const map: Record<string, string> = {};
  for (const { key, equals, transform, parameter } of facts) {
    if (transform !== null || equals === null || !isNext(key, equals, known)) continue;
    map[equals] = parameter;
  }
  return map;
}

/** `a/b_1/w` and `a/b_2/w`, with no `a/b_0/w`. */
function isNext(key: string, other: string, known: ReadonlySet<string>): boolean {
  const [parts, next] = [key, other].map((name) => name.split(/(\d+)/));
  if (parts === undefined || next === undefined || parts.length !== next.length) return false;
  const changed = parts.flatMap((part, i) => (part === next[i] ? [] : [i]));
  const [at] = changed;
  if (at === undefined || changed.length > 1 || Number(next[at]) !== Number(parts[at]) + 1) return false;
  return !known.has(parts.map((part, i) => (i === at ? "0" : part)).join(""));
}

/**
 * Whether every kind of parameter is given its variables in the order of their numbers, with the same difference throughout: blocks in
 * each other's places are found by their values, too, and are no other way of counting.
 */
export function countsAlike(assignments: readonly { readonly parameter: string; readonly key: string }[]): boolean {
  const differences = new Map<string, string>();
  return assignments.every(({ parameter, key }) => {
    const [own, other] = [parameter, key].map((name) => name.match(/\d+/g) ?? []);
    const kind = `${parameter.replace(/\d+/g, "#")} ${key.replace(/\d+/g, "#")}`;
    const difference = (own ?? []).map((number, i) => Number(other?.[i]) - Number(number)).join();
    const known = differences.get(kind) ?? difference;
    differences.set(kind, known);
    return known === difference;
  });
}
