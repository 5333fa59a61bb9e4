import type { Edit, Expression, OpKey, TracedOp } from "../runners/edits.js";
import { tensorsIn } from "./look.js";
import type { Situation } from "./situation.js";
import type { Hypothesis, Repair } from "./types.js";

/** One call in the body of a loop of the user's: the same line, name and place among the calls of that line in every step. */
interface Recurring {
  /** The call in the first step. */
  readonly first: TracedOp;
  /** Step that this one is in, from 0. */
  readonly k: number;
  /** By how much the index grows from step to step. */
  readonly period: number;
  /** What calls on the same line with the same name have in common. */
  readonly line: string;
}

/** Fewer steps are no loop: a line that runs twice is a helper called twice. */
const LEAST_STEPS = 3;

/** Calls that a loop over steps makes again and again, by op. Calls of a module are told apart; its steps are told by index. */
export function findRecurring(ops: readonly TracedOp[]): Map<TracedOp, Recurring> {
  const found = new Map<TracedOp, Recurring>();
  const series = [...linesOf(ops).values()].flatMap((group) => seriesOf(group) ?? []);
  const loops = new Set(series.filter((one) => isChained(one, ops)).map(rhythmOf));
  for (const one of series) {
    // A helper called for query, key and value makes its calls three times over; none of them waits for the one before.
    if (one.group.length / one.interleaved < SURELY_A_LOOP && !loops.has(rhythmOf(one))) continue;
    for (const [i, op] of one.group.entries()) {
      const first = one.group[i % one.interleaved] as TracedOp;
      found.set(op, { first, k: Math.floor(i / one.interleaved), period: one.period, line: lineOf(op) });
    }
  }
  return found;
}

interface Series {
  readonly group: readonly TracedOp[];
  readonly interleaved: number;
  readonly period: number;
}

/** So many repetitions are no helper's. */
const SURELY_A_LOOP = 6;

function seriesOf(group: readonly TracedOp[]): Series | null {
  for (let interleaved = 1; interleaved * LEAST_STEPS <= group.length; interleaved++) {
    const period = periodOf(group, interleaved);
    if (period !== null) return { group, interleaved, period };
  }
  return null;
}

/** Calls of one loop are as many and as far apart. */
function rhythmOf({ group, interleaved, period }: Series): string {
  const module = group[0]?.key.module ?? "";
  return JSON.stringify([module, group.length / interleaved, period]);
}

/** Whether each step's call depends on what the step before gave: the state of a recurrence. */
function isChained({ group, interleaved }: Series, ops: readonly TracedOp[]): boolean {
  const [first, second] = [group[0], group[interleaved]];
  if (first === undefined || second === undefined) return false;
  const makers = new Map(ops.flatMap((op) => op.outputs.map((output) => [output, op] as const)));
  const seen = new Set<TracedOp>();
  const stack = [second];
  for (let op = stack.pop(); op !== undefined; op = stack.pop()) {
    for (const tensor of tensorsIn(op)) {
      const maker = makers.get(tensor);
      if (maker === first) return true;
      if (maker !== undefined && !seen.has(maker)) {
        seen.add(maker);
        stack.push(maker);
      }
    }
  }
  return false;
}

function lineOf({ key, source }: TracedOp): string {
  return JSON.stringify([key.module, key.call, key.name, source?.file ?? "", source?.line ?? 0]);
}

function linesOf(ops: readonly TracedOp[]): Map<string, TracedOp[]> {
  const lines = new Map<string, TracedOp[]>();
  for (const op of ops) {
    if (op.source === null) continue;
    const own = lines.get(lineOf(op)) ?? [];
    own.push(op);
    lines.set(lineOf(op), own);
  }
  return lines;
}

/** The same distance from every call to the one `interleaved` calls later; null where there is none. */
function periodOf(group: readonly TracedOp[], interleaved: number): number | null {
  if (group.length % interleaved !== 0) return null;
  let period: number | null = null;
  for (let i = interleaved; i < group.length; i++) {
    const distance = (group[i]?.key.index ?? 0) - (group[i - interleaved]?.key.index ?? 0);
    if (period !== null && period !== distance) return null;
    period = distance;
  }
  return period;
}

/** The situation as if a loop had one step: of every call in its body only the first is suspected. */
export function foldRepeats(situation: Situation): Situation {
  const recurring = findRecurring(situation.ops);
  if (recurring.size === 0) return situation;
  const suspected = new Set(situation.suspects.map((op) => recurring.get(op)?.first ?? op));
  return { ...situation, suspects: situation.ops.filter((op) => suspected.has(op)) };
}

/**
 * A hypothesis about calls in the body of a loop, made in all steps of the loop, however many there are. Where its line makes
 * the same call several times in one step there is a second one, which changes all of them.
 */
export function repeatEverywhere(hypothesis: Hypothesis, situation: Situation): readonly Hypothesis[] {
  const recurring = findRecurring(situation.ops);
  const byKey = new Map([...recurring].map(([op, one]) => [keyText(op.key), { op, one }]));
  const stepOf = (key: OpKey): OpKey => {
    const known = byKey.get(keyText(key));
    return known === undefined ? key : { ...key, step: { index: known.one.period, call: 0 } };
  };
  if (hypothesis.repairs.every((repair) => editedOp(repair) === null || !byKey.has(keyText(editedOp(repair) as OpKey))))
    return [hypothesis];
  const everywhere = {
    ...hypothesis,
    change: `${hypothesis.change} in every step`,
    repairs: hypothesis.repairs.map((repair) => mapOps(repair, stepOf)),
  };
  const lines = hypothesis.repairs.map((repair) => {
    const key = editedOp(repair);
    const known = key === null ? undefined : byKey.get(keyText(key));
    return known === undefined || repair.kind !== "edit" || refersToResults(repair.edit) ? null : known.one;
  });
  const siblings = lines.map((one) =>
    one === null
      ? []
      : [...new Set([...recurring.values()].filter((other) => other.line === one.line).map((other) => other.first))],
  );
  if (lines.includes(null) || siblings.every((own) => own.length < 2)) return [everywhere];
  const all = everywhere.repairs.flatMap((repair, i) =>
    (siblings[i] ?? []).map((op) => moveTo(repair, stepOf(op.key))),
  );
  const distinct = [...new Map(all.map((repair) => [JSON.stringify(repair), repair])).values()];
  return [everywhere, { ...everywhere, repairs: distinct, prior: hypothesis.prior - 0.01 }];
}

function keyText({ module, call, index, name }: OpKey): string {
  return JSON.stringify([module, call, index, name]);
}

function editedOp(repair: Repair): OpKey | null {
  return repair.kind === "edit" && repair.edit.kind === "op" ? repair.edit.op : null;
}

function moveTo(repair: Repair, op: OpKey): Repair {
  return repair.kind === "edit" && repair.edit.kind === "op" ? { ...repair, edit: { ...repair.edit, op } } : repair;
}

function mapOps(repair: Repair, map: (key: OpKey) => OpKey): Repair {
  if (repair.kind !== "edit" || repair.edit.kind !== "op") return repair;
  const { edit } = repair;
  return { kind: "edit", edit: { ...edit, op: map(edit.op), value: mapResults(edit.value, map) } };
}

function refersToResults(edit: Edit): boolean {
  let refers = false;
  if (edit.kind === "op")
    mapResults(edit.value, (key) => {
      refers = true;
      return key;
    });
  return refers;
}

function mapResults(expression: Expression, map: (key: OpKey) => OpKey): Expression {
  if (expression === null || typeof expression !== "object") return expression;
  if (isList(expression)) return expression.map((one) => mapResults(one, map));
  const within = (named: Readonly<Record<string, Expression>>): Record<string, Expression> =>
    Object.fromEntries(Object.entries(named).map(([name, one]) => [name, mapResults(one, map)]));
  switch (expression.$) {
    case "result":
      return { ...expression, op: map(expression.op) };
    case "call":
      return {
        ...expression,
        args: expression.args.map((one) => mapResults(one, map)),
        ...(expression.kwargs === undefined ? {} : { kwargs: within(expression.kwargs) }),
      };
    case "original":
      return expression.arguments === undefined
        ? expression
        : { ...expression, arguments: within(expression.arguments) };
    default:
      return expression;
  }
}

function isList(expression: Expression): expression is readonly Expression[] {
  return Array.isArray(expression);
}
