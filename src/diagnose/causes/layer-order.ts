import { layerOf } from "../layer-of.js";
import type { Hypothesis, LayerFact, WeightFact } from "../types.js";

/** A number that differs between two otherwise equal names. */
export interface ChangedNumber {
  /** What stands before it: `model/h` in `model/h1/w`, `model/h3/w`. */
  readonly before: string;
  readonly own: number;
  readonly held: number;
}

/** The one number that differs between two names; null when they differ in more or in something else. */
export function changedNumber(a: string, b: string): ChangedNumber | null {
  const split = (name: string): string[] => name.split(/(\d+)/);
  const left = split(a);
  const right = split(b);
  if (left.length !== right.length) return null;
  const changed = left.flatMap((part, i) => (part === right[i] ? [] : [i]));
  const at = changed[0];
  if (changed.length !== 1 || at === undefined || at % 2 === 0) return null;
  return { before: left.slice(0, at).join(""), own: Number(left[at]), held: Number(right[at]) };
}

/** A block has at least two kinds of modules in it. */
const LEAST_KINDS = 2;
/** Modules of one kind in a row, all misplaced. */
const LEAST_ROW = 3;

interface Moved {
  readonly fact: WeightFact;
  readonly change: ChangedNumber;
}

/**
 * Whole layers assigned in another order (sorted as text, reversed, shifted): every misplaced parameter of a layer comes
 * from the same other layer. One finding per stack of layers, which is one for the model where it has but one stack.
 */
export function seeLayerOrder(facts: readonly WeightFact[], layers: readonly LayerFact[]): Hypothesis[] {
  const stacks = new Map<string, Moved[]>();
  for (const fact of facts) {
    if (fact.equals === null || fact.transform !== null) continue;
    const change = changedNumber(fact.key, fact.equals);
    if (change === null) continue;
    stacks.set(change.before, [...(stacks.get(change.before) ?? []), { fact, change }]);
  }
  return [...stacks.values()].flatMap((moved) => seeStack(moved, layers) ?? []);
}

function seeStack(moved: readonly Moved[], layers: readonly LayerFact[]): Hypothesis | null {
  const order = new Map<number, number>();
  for (const { change } of moved) {
    if ((order.get(change.own) ?? change.held) !== change.held) return null;
    order.set(change.own, change.held);
  }
  const sources = new Set(order.values());
  const isPermutation = sources.size === order.size && [...order.keys()].every((own) => sources.has(own));
  const failed = moved.filter(({ fact }) => layerOf(fact, layers)?.failed);
  // Two numbered modules that exchanged their weights (ln_1, ln_2) are a swap; an order concerns whole blocks of modules,
  // or so many modules in a row that no slip of the pen explains it.
  const kinds = new Set(
    moved.map(({ fact, change }) => fact.key.replace(`${change.before}${change.own}`, "#")).map(ownerOf),
  );
  const areLayers = kinds.size >= LEAST_KINDS || order.size >= LEAST_ROW;
  if (!isPermutation || !areLayers || failed.length === 0) return null;
  const places = [...order].sort(([a], [b]) => a - b);
  return {
    cause: "layer-order",
    pairs: [...new Set(failed.flatMap(({ fact }) => layerOf(fact, layers)?.pair ?? []))],
    parameters: moved.map(({ fact }) => fact.parameter),
    source: moved[0]?.fact.source ?? null,
    message: `the layers were assigned in the order ${places.map(([, held]) => held).join(", ")} instead of ${places.map(([own]) => own).join(", ")}`,
    evidence: places.map(([own, held]) => {
      const example = moved.find(({ change }) => change.own === own)?.fact;
      return `layer ${own} holds the weights of layer ${held} (${example?.parameter} equals ${example?.equals})`;
    }),
    prior: 0.95,
    repairs: moved.map(({ fact }) => ({ kind: "load", parameter: fact.parameter, key: fact.key })),
    change: `every layer's ${moved.length} parameters loaded from the scope of its own number`,
    fix: `# sort scopes by number, not as text, and load scope i into layer i:\nscopes.sort(key=lambda scope: int(re.search(r"\\d+", scope).group()))`,
  };
}

/** The variable's name without its last part: the kernel and the bias of one layer are one kind. */
function ownerOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf("/")));
}
