import type { ExperimentResult, Hypothesis } from "../diagnose/types.js";
import type { Change } from "../runners/candidate.js";

/** One re-run of one layer with the repairs of one or several hypotheses made. */
export interface PlannedExperiment {
  readonly id: string;
  readonly pair: string;
  /** Indices of the hypotheses whose repairs are made. */
  readonly hypotheses: readonly number[];
  readonly changes: readonly Change[];
}

/** Up to this many hypotheses about one layer every combination is tried: 15 re-runs of one layer. */
const MAX_ALL_COMBINATIONS = 4;

/**
 * For each layer every hypothesis that concerns it alone, and where there are several their combinations: two faults in
 * one layer show only when both are repaired.
 *
 * @param changes by parameter; a repair without a change cannot be tried
 * @param moduleOf the module of a pair: what is changed outside of it cannot show in it
 */
export function planExperiments(
  hypotheses: readonly Hypothesis[],
  changes: ReadonlyMap<string, Change>,
  moduleOf: (pair: string) => string,
): PlannedExperiment[] {
  const changesIn = (hypothesis: Hypothesis, pair: string): Change[] => {
    const all = hypothesis.repairs.flatMap((repair) => changes.get(repair.parameter) ?? []);
    const module = moduleOf(pair);
    const inside = all.filter((change) => module === "" || change.parameter.startsWith(`${module}.`));
    return inside.length > 0 ? inside : all;
  };
  const pairs = [...new Set(hypotheses.flatMap((hypothesis) => hypothesis.pairs))];
  return pairs.flatMap((pair) => {
    const tried = hypotheses.flatMap((hypothesis, index) => {
      const own = hypothesis.pairs.includes(pair) ? changesIn(hypothesis, pair) : [];
      return own.length === 0 ? [] : [{ index, changes: own }];
    });
    return combinations(tried).map((set) => ({
      id: `${set.map((one) => one.index).join("+")}:${pair}`,
      pair,
      hypotheses: set.map((one) => one.index),
      changes: set.flatMap((one) => one.changes),
    }));
  });
}

/** All non-empty subsets, small ones first; of a long list those of one and two members, all but one, and all. */
function combinations<T>(items: readonly T[]): T[][] {
  const sets: T[][] = [[]];
  if (items.length <= MAX_ALL_COMBINATIONS) {
    for (const item of items) sets.push(...sets.map((set) => [...set, item]));
  } else {
    items.forEach((item, i) => {
      sets.push([item], ...items.slice(i + 1).map((other) => [item, other]), items.toSpliced(i, 1));
    });
    sets.push([...items]);
  }
  return sets.slice(1).sort((a, b) => a.length - b.length);
}

/**
 * What speaks for or against one hypothesis: at each of its layers the smallest combination that repairs the layer, where
 * it belongs to it, else its own repair alone. A repair that a layer comes right without has proved nothing.
 */
export function resultsOf(
  index: number,
  plan: readonly PlannedExperiment[],
  results: ReadonlyMap<string, ExperimentResult>,
): ExperimentResult[] {
  const alone = plan.filter((one) => one.hypotheses.length === 1 && one.hypotheses[0] === index);
  return alone.flatMap((own) => {
    // The plan is in order of size.
    const repairing = plan.find((one) => one.pair === own.pair && results.get(one.id)?.repaired === true);
    const decisive = repairing?.hypotheses.includes(index) ? repairing : own;
    return results.get(decisive.id) ?? [];
  });
}
