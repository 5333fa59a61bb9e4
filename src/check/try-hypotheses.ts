import { choose, combine, extend, type Tried, withoutOne } from "../diagnose/choose.js";
import { keyOf } from "../diagnose/hypothesis-key.js";
import type { Hypothesis } from "../diagnose/types.js";
import type { Edit } from "../runners/edits.js";
import type { Laboratory, Trial } from "./laboratory.js";

/** A hypothesis with the edits that would repair what it says is wrong. */
export interface Contender {
  readonly hypothesis: Hypothesis;
  readonly edits: readonly Edit[];
  /** Layers of the same kind, and the edits that would repair the same fault there. */
  readonly places?: readonly { readonly pair: string; readonly edits: readonly Edit[] }[];
}

/** A layer at which contenders are tried, in one case. */
export interface Unit {
  readonly pair: string;
  readonly case: string;
  /** The layer's error as it is. */
  readonly before: number;
  /** Module of the layer: where a contender has edits inside of it, only those are made. */
  readonly module: string;
  readonly contenders: readonly Contender[];
}

export interface UnitOutcome {
  readonly unit: Unit;
  readonly tried: readonly Tried[];
  /** Contenders that together repair the layer; empty when none do. */
  readonly chosen: readonly Contender[];
}

/**
 * Tries every contender at its layer alone, and where none repairs it, combinations of them.
 *
 * @param insufficient hypotheses (`keyOf`) that are known not to be enough alone
 */
export async function tryHypotheses(
  units: readonly Unit[],
  laboratory: Laboratory,
  standing: readonly Edit[],
  insufficient: ReadonlySet<string> = new Set(),
): Promise<UnitOutcome[]> {
  const isEnough = (unit: Unit, { set }: Tried): boolean =>
    set.length !== 1 || !set.some((at) => insufficient.has(keyOf((unit.contenders[at] as Contender).hypothesis)));
  const singles = await runSets(
    units,
    units.map((unit) => unit.contenders.map((_, at) => [at])),
    laboratory,
    standing,
  );
  const further = units.map((unit, i) => {
    const tried = singles[i] ?? [];
    const alone = tried.filter((one) => isEnough(unit, one));
    if (choose(alone, hypothesesOf(unit)) !== null) return [];
    const sets = combine(
      unit.contenders.map((_, at) => at),
      tried,
      hypothesesOf(unit),
      unit.before,
    );
    return sets.filter(areCompatible(unit));
  });
  const tried = singles.map((one) => [...one]);
  const run = async (sets: readonly (readonly (readonly number[])[])[]): Promise<void> => {
    const results = await runSets(units, sets, laboratory, standing);
    for (const [i, one] of results.entries()) tried[i]?.push(...one);
  };
  const best = (unit: Unit, i: number): Tried | null =>
    choose(
      (tried[i] ?? []).filter((one) => isEnough(unit, one)),
      hypothesesOf(unit),
    );
  await run(further);
  // Three faults in one layer: two repairs together that leave little are given a third.
  for (let round = 0; round < MAX_GROWN; round++) {
    const grown = units.map((unit, i) =>
      best(unit, i) === null ? extend(tried[i] ?? [], hypothesesOf(unit), unit.before).filter(areCompatible(unit)) : [],
    );
    await run(grown);
    // What was not needed is no part of the answer.
    await run(units.map((unit, i) => withoutOne(best(unit, i), tried[i] ?? [])));
  }
  return units.map((unit, i) => {
    const chosen = best(unit, i)?.set.flatMap((at) => unit.contenders[at] ?? []) ?? [];
    return { unit, tried: tried[i] ?? [], chosen };
  });
}

/** So often a set of repairs grows by one. */
const MAX_GROWN = 2;

/** Whether repairs can be made together. */
function areCompatible(unit: Unit): (set: readonly number[]) => boolean {
  return (set) =>
    areApart(set.map((at) => unit.contenders[at]?.edits ?? [])) &&
    !exchangesSummand(set.flatMap((at) => unit.contenders[at]?.hypothesis ?? []));
}

/** Two repairs that both set one parameter are not made together: the one would undo the other. */
function areApart(repairs: readonly (readonly Edit[])[]): boolean {
  const set = new Set<string>();
  for (const edits of repairs) {
    const own = edits.flatMap((edit) => (edit.kind === "parameter" ? [edit.parameter] : []));
    if (own.some((parameter) => set.has(parameter))) return false;
    for (const parameter of own) set.add(parameter);
  }
  return true;
}

/**
 * One summand left out and another one added: a sum of something else altogether. That is what a block does that is called in
 * another place than the original's, and neither half of it is true.
 */
function exchangesSummand(hypotheses: readonly Hypothesis[]): boolean {
  const leavesOut = hypotheses.some(({ cause, change }) => cause === "extra-op" && change.startsWith("add left out"));
  return leavesOut && hypotheses.some(({ cause }) => cause === "missing-residual");
}

function hypothesesOf(unit: Unit): Hypothesis[] {
  return unit.contenders.map((one) => one.hypothesis);
}

async function runSets(
  units: readonly Unit[],
  sets: readonly (readonly (readonly number[])[])[],
  laboratory: Laboratory,
  standing: readonly Edit[],
): Promise<Tried[][]> {
  const planned = units.flatMap((unit, i) => (sets[i] ?? []).map((set) => ({ i, set, trial: makeTrial(unit, set) })));
  if (planned.length === 0) return units.map(() => []);
  const results = await laboratory.run(
    planned.map((one) => one.trial),
    standing,
  );
  const found: Tried[][] = units.map(() => []);
  for (const [at, { i, set }] of planned.entries()) {
    const result = results[at];
    if (result === undefined) continue;
    found[i]?.push({ set, ...result });
  }
  return found;
}

function makeTrial(unit: Unit, set: readonly number[]): Trial {
  const edits = set.flatMap((at) => editsWithin(unit.contenders[at]?.edits ?? [], unit.module));
  return { pair: unit.pair, case: unit.case, edits };
}

/** A repair of many layers is tried at each with what concerns it: copying all weights for every trial would be slow. */
function editsWithin(edits: readonly Edit[], module: string): readonly Edit[] {
  if (module === "" || !edits.every((edit) => edit.kind === "parameter")) return edits;
  const inside = edits.filter((edit) => edit.parameter.startsWith(`${module}.`));
  return inside.length > 0 ? inside : edits;
}
