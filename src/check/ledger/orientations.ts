import type { WeightFact } from "../../diagnose/types.js";

/** What the orders of axes in which the other parameters lie say about one. */
export interface OrientationDoubt {
  /** `differs`: nearly all of its kind lie otherwise. `suspect`: it may be meant. */
  readonly verdict: "differs" | "suspect";
  readonly note: string;
}

const WORDS: Readonly<Record<string, string>> = { same: "as is", transposed: "under .T" };

/**
 * Square matrices that are equal in an order in which the others of the model are not. A file of weights has no modules, so shapes
 * do not tell how a square matrix has to lie; the same parameter of repeated blocks lies the same way in all of them, and
 * dense kernels (those with a bias beside) of one model mostly do. What a module says (`expected`) is never doubted.
 */
export function doubtOrientations(
  facts: readonly WeightFact[],
  hasBias: (parameter: string) => boolean,
): Map<string, OrientationDoubt> {
  const doubts = new Map<string, OrientationDoubt>();
  const open = facts.filter((fact) => fact.expected === null && fact.transform !== null);
  const square = open.filter(isSquare);
  const groups = new Map<string, WeightFact[]>();
  for (const fact of square) {
    const stem = fact.parameter.replace(/\d+/g, "#");
    groups.set(stem, [...(groups.get(stem) ?? []), fact]);
  }
  for (const [stem, group] of groups) {
    const [usual, other] = countOrders(group);
    if (other === undefined || usual === undefined) continue;
    const tie = usual.facts.length === other.facts.length;
    for (const fact of tie ? group : other.facts) {
      const order = wordOf(fact);
      const rest = tie
        ? `of ${group.length} parameters ${stem} half are ${wordOf(usual.facts[0])} and half ${wordOf(other.facts[0])}, and all need to be the same`
        : `equal ${order}, where ${usual.facts.length} other${usual.facts.length === 1 ? "" : "s"} of ${stem} ${usual.facts.length === 1 ? "is" : "are"} equal ${wordOf(usual.facts[0])}`;
      doubts.set(fact.parameter, { verdict: tie || usual.facts.length === 1 ? "suspect" : "differs", note: rest });
    }
  }
  const dense = open.filter((fact) => !isSquare(fact) && fact.shape.length === 2 && hasBias(fact.parameter));
  const [convention, exception] = countOrders(dense);
  if (convention === undefined || exception !== undefined) return doubts;
  const count = convention.facts.length;
  for (const fact of square) {
    if (doubts.has(fact.parameter) || fact.transform === convention.transform || !hasBias(fact.parameter)) continue;
    const all = count === 1 ? "the other dense kernel is" : `all ${count} dense kernels that are not square are`;
    doubts.set(fact.parameter, {
      verdict: "suspect",
      note: `equal ${wordOf(fact)}, where ${all} equal ${wordOf(convention.facts[0])}`,
    });
  }
  return doubts;
}

/** Whether a fact's shapes leave open which way it lies. */
export function isSquare({ shape, keyShape }: WeightFact): boolean {
  const [own, other] = [shape, keyShape].map((sizes) => sizes.filter((size) => size !== 1));
  return own?.length === 2 && own[0] === own[1] && other?.length === 2;
}

function countOrders(facts: readonly WeightFact[]) {
  const orders = new Map<string, WeightFact[]>();
  for (const fact of facts) {
    const transform = fact.transform ?? "";
    orders.set(transform, [...(orders.get(transform) ?? []), fact]);
  }
  return [...orders]
    .map(([transform, of]) => ({ transform, facts: of }))
    .sort((a, b) => b.facts.length - a.facts.length);
}

/** "as is", "under .T", or the permutation. */
export function wordOf(fact: Pick<WeightFact, "transform"> | undefined): string {
  const transform = fact?.transform ?? "none";
  return WORDS[transform] ?? `under ${transform}`;
}
