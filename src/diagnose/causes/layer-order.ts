import { layerOf } from "../layer-of.js";
import type { Hypothesis, LayerFact, WeightFact } from "../types.js";

/** The first number in a name that differs between two otherwise equal names: `model/h1/w`, `model/h3/w` → [1, 3]. */
export function changedNumber(a: string, b: string): readonly [number, number] | null {
  const split = (name: string): string[] => name.split(/(\d+)/);
  const left = split(a);
  const right = split(b);
  if (left.length !== right.length) return null;
  const changed = left.flatMap((part, i) => (part === right[i] ? [] : [i]));
  const at = changed[0];
  if (changed.length !== 1 || at === undefined || at % 2 === 0) return null;
  return [Number(left[at]), Number(right[at])];
}

/** A block has at least two kinds of modules in it. */
const LEAST_KINDS = 2;
/** Modules of one kind in a row, all misplaced. */
const LEAST_ROW = 3;

/** What kind of module a variable belongs to: its scope with the number that was exchanged taken out. */
function moduleKind(own: string, held: string): string {
  const parts = own.split(/(\d+)/);
  const at = parts.findIndex((part, i) => part !== held.split(/(\d+)/)[i]);
  return parts
    .map((part, i) => (i === at ? "#" : part))
    .join("")
    .replace(/\/[^/]*$/, "");
}

/**
 * Whole layers assigned in another order (sorted as text, reversed, shifted): every misplaced parameter of a layer comes
 * from the same other layer. One finding for the model.
 */
export function seeLayerOrder(facts: readonly WeightFact[], layers: readonly LayerFact[]): Hypothesis | null {
  const order = new Map<number, number>();
  const moved: WeightFact[] = [];
  for (const fact of facts) {
    if (fact.equals === null || fact.transform !== null) continue;
    const change = changedNumber(fact.key, fact.equals);
    if (change === null) continue;
    const [own, held] = change;
    if ((order.get(own) ?? held) !== held) return null;
    order.set(own, held);
    moved.push(fact);
  }
  const sources = new Set(order.values());
  const isPermutation = sources.size === order.size && [...order.keys()].every((own) => sources.has(own));
  const failed = moved.filter((fact) => layerOf(fact, layers)?.failed);
  // Two numbered modules that exchanged their weights (ln_1, ln_2) are a swap; an order concerns whole blocks of modules,
  // or so many modules in a row that no slip of the pen explains it.
  const kinds = new Set(moved.map((fact) => moduleKind(fact.key, fact.equals ?? "")));
  const areLayers = kinds.size >= LEAST_KINDS || order.size >= LEAST_ROW;
  if (!isPermutation || !areLayers || failed.length === 0) return null;
  const places = [...order].sort(([a], [b]) => a - b);
  return {
    cause: "layer-order",
    pairs: [...new Set(failed.flatMap((fact) => layerOf(fact, layers)?.pair ?? []))],
    parameters: moved.map((fact) => fact.parameter),
    source: moved[0]?.source ?? null,
    message: `the layers were assigned in the order ${places.map(([, held]) => held).join(", ")} instead of ${places.map(([own]) => own).join(", ")}`,
    evidence: places.map(([own, held]) => {
      const example = moved.find((fact) => changedNumber(fact.key, fact.equals ?? "")?.[0] === own);
      return `layer ${own} holds the weights of layer ${held} (${example?.parameter} equals ${example?.equals})`;
    }),
    repairs: moved.map((fact) => ({ kind: "load", parameter: fact.parameter, key: fact.key })),
    change: `every layer's ${moved.length} parameters loaded from the scope of its own number`,
    fix: `# sort scopes by number, not as text, and load scope i into layer i:\nscopes.sort(key=lambda scope: int(re.search(r"\\d+", scope).group()))`,
  };
}
