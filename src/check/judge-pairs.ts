import type { Metrics } from "../compare/types.js";
import type { ResolvedConfig } from "../config/resolved.js";
import type { LazyTensor } from "../formats/types.js";
import { isUnderBound, type Judgement, judgeAuto, judgeExplicit } from "../judge/judge-pair.js";
import { checkGlobs, resolveTolerance, type TapTolerance } from "../judge/resolve-tolerance.js";
import type { Float64Evidence, NoiseFloor, PairVerdict } from "../judge/types.js";
import {
  type CaseMetrics,
  type ComparedPair,
  comparePair,
  compareWithRecorded,
  type TwoSides,
} from "./compare-pairs.js";
import { type CandidateRun, makeReplacements, runCandidate } from "./forced-run.js";
import { isUserFailure } from "./is-user-failure.js";
import { judgeInOrder, type PairEntries } from "./judge-in-order.js";
import { type Floors, measureFloors } from "./measure-floors.js";
import type { Sides } from "./run-sides.js";
import type { SettledPairs } from "./settle-pairs.js";

/** A pair with everything that was measured of it, and what it was judged. */
export interface JudgedPair extends ComparedPair {
  readonly local: readonly CaseMetrics[];
  readonly judgement: Judgement;
  /** The case that decided. */
  readonly decidedBy: CaseMetrics | null;
  readonly floor: NoiseFloor | null;
  /** Its error with both sides in float64, where that was asked for (settle-precision.ts). */
  readonly float64?: Float64Evidence;
}

export interface Judged {
  readonly pairs: readonly JudgedPair[];
  /** The forced run, for experiments; null when the candidate could not be run that way. */
  readonly forced: CandidateRun | null;
  readonly floors: Floors;
  /** Candidate taps that hold something else whenever they are computed again. */
  readonly random: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

const RANK: readonly PairVerdict[] = ["not-compared", "identical", "within-noise", "within-tolerance", "mismatch"];

/** The accumulated error of an output up to which no further question is asked, in units of the output's own rms. */
const COMPOSED_BOUND = 1e-5;

/**
 * Judges every pair on its local error, and the outputs also on the accumulated one: layers that are each right can still
 * be put together wrongly. Floors are measured only for pairs that the bound of rounding does not settle.
 */
export async function judgePairs(
  sides: Sides,
  two: TwoSides,
  settled: SettledPairs,
  config: Pick<ResolvedConfig, "tolerance" | "floors">,
  scratch: string,
): Promise<Judged> {
  const pairs = settled.compared.map((one) => one.pair);
  const { tolerance } = config;
  checkGlobs(tolerance, pairs);
  const rules = new Map(
    pairs.map((pair) => [
      pair.id,
      resolveTolerance(tolerance, pair, sides.free.taps.find((tap) => tap.id === pair.candidate)?.dtype ?? ""),
    ]),
  );
  const cases = sides.cases.map((one) => one.id);
  const replace = makeReplacements(pairs, sides, two.reference);
  const warnings: string[] = [];

  const isForced = (id: string): boolean => !two.reference.isSketched(id);
  let forced: CandidateRun | null = null;
  try {
    // Of sketches alone nobody can be fed anything: then all there is is the free run.
    if (cases.some(isForced)) {
      forced = await runCandidate(sides, scratch, "forced", {
        taps: pairs.map((pair) => pair.candidate),
        force: { replace },
      });
    }
  } catch (error) {
    if (!isUserFailure(error)) throw error;
    warnings.push(
      `the candidate could not be run on the original's own tensors (${error.message}): pairs are judged on their accumulated error, and what differs behind the first of them may only follow from it`,
    );
  }
  const forcedRun = forced;
  const forcedCases = cases.filter(isForced);
  const local = new Map(
    pairs.map((pair) => [
      pair.id,
      forcedRun === null ? [] : comparePair({ ...two, candidate: forcedRun.recording }, pair, forcedCases, null),
    ]),
  );
  const entriesOf = (one: ComparedPair): PairEntries => {
    const own = local.get(one.pair.id) ?? [];
    // A pair that no forced case shows is judged on the free run alone.
    return own.length === 0
      ? { local: [], free: one.accumulated }
      : { local: own, free: one.accumulated.filter((entry) => !isForced(entry.case)) };
  };

  const doubtful = settled.compared.flatMap((one) => {
    const { pair } = one;
    const entries = entriesOf(one);
    const doubted =
      rules.get(pair.id)?.kind !== "auto" ? [] : doubtedCases([...entries.local, ...entries.free], config.floors);
    return doubted.length === 0 ? [] : [{ candidate: pair.candidate, doubted }];
  });
  let floors: Floors = new Map();
  let random: ReadonlySet<string> = new Set();
  if (doubtful.length > 0) {
    const base = forced ?? { recording: two.candidate, taps: two.candidateTaps };
    const measured = await measureFloors(
      sides,
      scratch,
      "floor",
      doubtful.map((pair) => pair.candidate),
      new Set(doubtful.flatMap((pair) => pair.doubted)),
      base,
      forced === null ? null : replace,
      [],
      replace,
    );
    ({ floors, random } = measured);
    warnings.push(...measured.warnings);
  }
  const compared = new Map(settled.compared.map((one) => [one.pair.id, one]));
  const floorOf = (id: string, entry: CaseMetrics): NoiseFloor | null =>
    floors.get(compared.get(id)?.pair.candidate ?? "")?.get(entry.case) ?? null;
  // Where nothing could be forced, consequences are told apart from causes when findings are made.
  const flowsOn = (id: string, entry: CaseMetrics): boolean =>
    forcedRun !== null && !isForced(entry.case) && judgeAuto(entry.metrics, floorOf(id, entry)).verdict === "mismatch";
  const judged = judgeInOrder(
    settled.compared.map((one) => ({ id: one.pair.id, entries: entriesOf(one) })),
    (id, entries) =>
      judgeOne(
        compared.get(id) as ComparedPair,
        local.get(id) ?? [],
        entries,
        rules.get(id) ?? { kind: "auto" },
        floors,
        two,
      ),
    flowsOn,
  ).map((one) => (random.has(one.pair.candidate) ? withNote(one, RANDOM) : one));
  const composed = await judgeComposition(judged, sides, two, scratch);
  return { pairs: composed.pairs, forced, floors, random, warnings: [...warnings, ...composed.warnings] };
}

const RANDOM = "it does not give the same again on the same inputs: it draws random numbers or reads a clock";

function withNote(one: JudgedPair, note: string): JudgedPair {
  return one.judgement.verdict === "mismatch" ? { ...one, judgement: { ...one.judgement, note } } : one;
}

function doubtedCases(entries: readonly CaseMetrics[], floors: ResolvedConfig["floors"]): string[] {
  return entries.filter(({ metrics }) => floors === "all" || needsFloor(metrics)).map((entry) => entry.case);
}

function needsFloor(metrics: Metrics): boolean {
  return !metrics.identical && metrics.nonFiniteMismatch === null && !isUnderBound(metrics);
}

function judgeOne(
  one: ComparedPair,
  local: readonly CaseMetrics[],
  entries: readonly CaseMetrics[],
  rule: TapTolerance,
  floors: Floors,
  two: TwoSides,
): JudgedPair {
  if (rule.kind === "explicit") {
    const bounded = comparePair(
      two,
      one.pair,
      one.accumulated.map((entry) => entry.case),
      rule.bounds,
    );
    return choose(
      { ...one, accumulated: bounded },
      local,
      bounded.map((entry) => ({ entry, judgement: judgeExplicit(entry.metrics, rule.bounds, rule.from), floor: null })),
    );
  }
  return choose(
    one,
    local,
    entries.map((entry) => {
      const floor = floors.get(one.pair.candidate)?.get(entry.case) ?? null;
      return { entry, judgement: judgeAuto(entry.metrics, floor), floor };
    }),
  );
}

interface JudgedCase {
  readonly entry: CaseMetrics;
  readonly judgement: Judgement;
  readonly floor: NoiseFloor | null;
}

/** The worst case decides: the worst verdict, within it the largest ratio to the noise, else the largest error. */
function choose(one: ComparedPair, local: readonly CaseMetrics[], judged: readonly JudgedCase[]): JudgedPair {
  const worst = [...judged].sort(
    (a, b) =>
      RANK.indexOf(b.judgement.verdict) - RANK.indexOf(a.judgement.verdict) ||
      (b.judgement.ratio ?? 0) - (a.judgement.ratio ?? 0) ||
      b.entry.metrics.relativeL2 - a.entry.metrics.relativeL2,
  )[0];
  if (worst === undefined) {
    const note = one.accumulated.length > 0 ? BEHIND : "the tap occurred in no case";
    const judgement: Judgement = { ...judgeAuto(EMPTY, null), note };
    return { ...one, local, judgement, decidedBy: null, floor: null };
  }
  return {
    ...one,
    local,
    judgement: worst.judgement,
    decidedBy: worst.entry,
    floor: worst.judgement.ratio === null ? null : worst.floor,
  };
}

const EMPTY = { count: 0 } as Metrics;
const BEHIND =
  "it comes behind what differs, and of this case the original's tensors are kept as sketches only: its own error cannot be told";

function isOpen({ metrics }: CaseMetrics): boolean {
  return metrics.nonFiniteMismatch !== null || metrics.relativeL2 > COMPOSED_BOUND;
}

/** When every layer agrees but an output does not, the way the layers are put together is wrong. */
async function judgeComposition(
  judged: readonly JudgedPair[],
  sides: Sides,
  two: TwoSides,
  scratch: string,
): Promise<{ pairs: readonly JudgedPair[]; warnings: readonly string[] }> {
  if (judged.some((one) => one.judgement.verdict === "mismatch")) return { pairs: judged, warnings: [] };
  const outputs = new Set(sides.free.taps.filter((tap) => tap.isOutput).map((tap) => tap.id));
  const open = judged.filter(
    (one) =>
      outputs.has(one.pair.candidate) && one.judgement.tolerance.rule !== "explicit" && one.accumulated.some(isOpen),
  );
  if (open.length === 0) return { pairs: judged, warnings: [] };
  const cases = new Set(open.flatMap((one) => one.accumulated.filter(isOpen).map((entry) => entry.case)));
  const base: CandidateRun = { recording: two.candidate, taps: two.candidateTaps };
  const { floors, warnings } = await measureFloors(
    sides,
    scratch,
    "composed",
    open.map((one) => one.pair.candidate),
    cases,
    base,
    null,
  );
  const pairs = judged.map((one) => {
    if (!open.includes(one)) return one;
    const again = choose(
      one,
      one.local,
      one.accumulated.filter(isOpen).map((entry) => {
        const floor = floors.get(one.pair.candidate)?.get(entry.case) ?? null;
        return { entry, judgement: judgeAuto(entry.metrics, floor), floor };
      }),
    );
    if (again.judgement.verdict !== "mismatch") return one;
    return {
      ...again,
      judgement: {
        ...again.judgement,
        note: "every layer agrees when it is fed the original's own tensors, but the whole model does not: layers are connected, ordered or repeated differently",
      },
    };
  });
  return { pairs, warnings };
}

/** Figures of one pair between the reference and some other run of the candidate. */
export function compareWithReference(
  two: TwoSides,
  one: ComparedPair,
  id: string,
  candidate: LazyTensor,
): Metrics | null {
  const name = two.referenceTaps.get(one.pair.reference)?.tensor ?? null;
  return name === null ? null : compareWithRecorded(two.reference, id, name, candidate, one.pair.layout);
}
