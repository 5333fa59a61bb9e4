import type { ResolvedBaseline } from "../../config/resolved.js";
import { listSome } from "./list-some.js";
import type {
  Baseline,
  GateBaseline,
  GateCheck,
  GateFacts,
  GatePair,
  GateSurroundings,
  LevelledPair,
} from "./types.js";

/**
 * So many measured floors are still rounding: correct layers were seen at up to 1.65 floors, on other machines and with sums in
 * another order. A layer under this is no worse than rounding makes it, however good it was when the baseline was taken.
 */
const FLOORS = 2;
/** From here on a baseline is worth tightening: rounding does not make an error ten times smaller. */
const TIGHTEN = 10;

export interface BaselineJudgement {
  readonly checks: readonly GateCheck[];
  readonly baseline: GateBaseline;
}

/** Holds every layer to what it was when the baseline was taken: `factor` times worse fails, even within tolerance. */
export function checkBaseline(
  rule: ResolvedBaseline,
  facts: GateFacts,
  pairs: readonly LevelledPair[],
  surroundings: GateSurroundings,
): BaselineJudgement {
  const kept = surroundings.baseline;
  const told = { file: rule.shown, factor: rule.factor, absoluteFloor: rule.absoluteFloor, worse: [], tighten: [] };
  if (kept === null || !sameInputs(kept, facts)) {
    const state = kept === null ? "missing" : "stale";
    return { checks: [cannotHold(rule, state, surroundings.ci)], baseline: { ...told, state } };
  }
  const levelled = new Map(pairs.map((one) => [one.pair.id, one]));
  const checks: GateCheck[] = [];
  const worse: string[] = [];
  for (const [id, before] of Object.entries(kept.taps)) {
    const now = levelled.get(id);
    if (now?.level === "off") continue;
    const check = checkTap(rule, id, before, now);
    if (check === null) continue;
    checks.push(check);
    if (check.outcome !== "pass") worse.push(id);
  }
  const tighten = findTightenable(rule, kept, facts.pairs);
  const fresh = facts.pairs.filter(
    (pair) => pair.error !== null && pair.verdict !== "not-compared" && !(pair.id in kept.taps),
  );
  if (checks.length === 0)
    checks.push(pass(`no layer is worse than ×${rule.factor} its baseline (${rule.shown})`, null));
  if (fresh.length > 0)
    checks.push({
      ...pass(`${count(fresh.length, "tap")} not in the baseline: ${listSome(fresh.map((pair) => pair.id))}`, UPDATE),
      outcome: "warn",
    });
  if (tighten.length > 0)
    checks.push(
      pass(`${count(tighten.length, "tap")} ${TIGHTEN} times better than the baseline: ${listSome(tighten)}`, UPDATE),
    );
  return { checks, baseline: { ...told, state: "held", worse, tighten } };
}

const UPDATE = "Take it anew with: parity check --update-baseline";

function checkTap(
  rule: ResolvedBaseline,
  id: string,
  before: Baseline["taps"][string],
  now: LevelledPair | undefined,
): GateCheck | null {
  const failed = { id: "baseline", outcome: now?.level === "warn" ? "warn" : "fail", pair: id } as const;
  if (now === undefined || now.pair.verdict === "not-compared" || now.pair.error === null)
    return {
      ...failed,
      message: `${id} was compared when the baseline was taken and no longer is`,
      hint: `Pair it with a map. If it is meant to be gone: parity check --update-baseline`,
    };
  const { pair } = now;
  // A mismatch is told, waived or not, by its own rule; and what float64 showed to be rounding is no regression.
  if (pair.verdict === "mismatch" || pair.isRounding || pair.error === null) return null;
  if (pair.run !== before.run)
    return {
      ...failed,
      outcome: "warn",
      message: `${id} has a ${pair.run} error, and its baseline is the ${before.run} one: they are not compared`,
      hint: UPDATE,
    };
  if (pair.error <= limitOf(rule, before.error, pair)) return null;
  const times = before.error === 0 ? "identical" : `${short(before.error)}, ×${short(pair.error / before.error)}`;
  return {
    ...failed,
    message: `${id} got worse: error ${short(pair.error)}, baseline ${times}; up to ${short(limitOf(rule, before.error, pair))} is allowed`,
    hint: `Find out what changed. If it is meant: parity check --update-baseline; or raise baseline.factor (${rule.factor}).`,
  };
}

/** The largest error that does not count as worse: the ratchet's, but never less than rounding explains. */
function limitOf(rule: ResolvedBaseline, before: number, pair: GatePair): number {
  return Math.max(rule.factor * before, rule.absoluteFloor, FLOORS * (pair.floor ?? 0));
}

/** Only where a lower baseline would lower the limit. */
function findTightenable(rule: ResolvedBaseline, kept: Baseline, pairs: readonly GatePair[]): string[] {
  return pairs.flatMap((pair) => {
    const before = kept.taps[pair.id];
    if (before === undefined || pair.error === null || before.run !== pair.run || pair.verdict === "mismatch")
      return [];
    const floor = Math.max(rule.absoluteFloor, FLOORS * (pair.floor ?? 0));
    return rule.factor * before.error > floor && pair.error * TIGHTEN <= before.error ? [pair.id] : [];
  });
}

/** In CI a gate that cannot be held is an error; on somebody's desk it is advice. */
function cannotHold(rule: ResolvedBaseline, state: "missing" | "stale", ci: boolean): GateCheck {
  return {
    id: "baseline",
    outcome: ci ? "could-not-judge" : "warn",
    message:
      state === "missing"
        ? `there is no baseline ${rule.shown}`
        : `the baseline ${rule.shown} was taken on other inputs`,
    hint: "Make it with: parity check --update-baseline, and commit the file.",
    pair: null,
  };
}

/** Errors on other inputs are other errors. */
function sameInputs(kept: Baseline, facts: GateFacts): boolean {
  const flat = (inputs: Baseline["inputs"]): string =>
    JSON.stringify(
      Object.entries(inputs)
        .map(([id, one]) => [id, Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return flat(kept.inputs) === flat(facts.inputs);
}

function pass(message: string, hint: string | null): GateCheck {
  return { id: "baseline", outcome: "pass", message, hint, pair: null };
}

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? " is" : "s are"}`;
}

function short(value: number): string {
  return value >= 0.01 && value < 1000 ? String(Number(value.toPrecision(2))) : value.toExponential(1);
}
