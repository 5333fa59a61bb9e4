import { relative } from "node:path";
import type { ResolvedConfig } from "../config/resolved.js";
import { nearModelPath } from "../config/torch-models.js";
import { hashInput } from "../inputs/hash-input.js";
import { decideVerdict } from "../judge/gate/decide-verdict.js";
import { judgeGate } from "../judge/gate/judge-gate.js";
import { judgeRepeats } from "../judge/gate/repeats.js";
import type { GateSurroundings } from "../judge/gate/types.js";
import type { PairVerdict } from "../judge/types.js";
import { onlyOptions } from "../report/describe-only.js";
import type { LayerDetail } from "../report/details.js";
import { OTHER_SHARDS } from "../report/merge/merge-summary.js";
import {
  type CheckResult,
  type PairResult,
  RESULT_SCHEMA_VERSION,
  type Verdict,
  type WeightResult,
  type WeightVerdict,
} from "../report/types.js";
import { type TwoSides, worstCase } from "./compare-pairs.js";
import { describeCoverage } from "./describe-coverage.js";
import { describeGolden } from "./describe-golden.js";
import { describeHiddenEpsilons } from "./describe-hidden-epsilons.js";
import { describeStored } from "./describe-stored.js";
import type { Explained } from "./explain.js";
import { findSkippedCases } from "./find-skipped-cases.js";
import { gateFacts } from "./gate-facts.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { logitsOf } from "./logits-of.js";
import type { Sides } from "./run-sides.js";
import type { Selection } from "./select-pairs.js";
import { selectWeights } from "./select-rows.js";
import type { Settled } from "./settle-determinism.js";
import type { SettledPairs } from "./settle-pairs.js";
import type { Stopwatch } from "./stopwatch.js";

const EXIT_CODES = { pass: 0, fail: 1, "could-not-judge": 2 } as const;

export interface ResultParts {
  readonly config: ResolvedConfig;
  readonly sides: Sides;
  readonly two: TwoSides;
  readonly settled: SettledPairs;
  readonly judged: Judged;
  readonly explained: Explained;
  readonly weights: readonly WeightResult[];
  readonly details: readonly LayerDetail[];
  readonly selection: Selection;
  readonly stopwatch: Stopwatch;
  readonly surroundings: GateSurroundings;
  /** What running both sides twice showed. */
  readonly repeated: Settled;
}

/** Puts the result together (the contract of report.json), decides the verdict, of the whole or of what `--only` left in, and whether the gate passes. */
export function makeResult(all: ResultParts): CheckResult {
  const parts = all.selection.globs.length === 0 ? all : restrict(all);
  const { config, sides, two, settled, judged, explained, weights, stopwatch, selection } = parts;
  const only = selection.globs.length === 0 ? null : { globs: selection.globs, of: selection.of };
  const pairs = [
    ...judged.pairs.map((one) => describePair(one, two)),
    ...settled.rejected.map((one) => rejectedPair(one, two)),
  ];
  const order = new Map([...two.candidateTaps.keys()].map((id, i) => [id, i]));
  pairs.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  const cases = describeCases(sides);
  const { findings } = explained;
  const run = {
    partial: only !== null,
    outputsDeclared: sides.original.pass.outputsDeclared,
    skippedCases: findSkippedCases(
      judged.pairs,
      (id) => two.candidateTaps.get(id)?.isOutput ?? false,
      cases.map((one) => one.id),
    ),
  };
  const facts = gateFacts({ pairs, weights, findings, unmatched: settled.unmatched, cases }, run);
  const { verdict, reason } = decideRepeated(decideVerdict(facts), parts.repeated);
  // Shares and baselines are of the whole model and of all cases.
  const isWhole = only === null && config.onlyCases === undefined;
  const policy = isWhole ? config.gate : { ...config.gate, coverage: null, baseline: null };
  const gate = judgeRepeats(judgeGate(policy, facts, parts.surroundings), verdict === "flaky" ? reason : null);
  const counts = countVerdicts(pairs);
  const first = pairs.find((pair) => pair.verdict === "mismatch") ?? null;
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    name: config.name,
    verdict,
    exitCode: EXIT_CODES[gate.outcome],
    reason,
    firstDivergence: first?.id ?? null,
    only,
    summary: {
      sentence: summarize(verdict, reason, pairs, first, only),
      pairs: counts,
      weights: countWeights(weights),
      cases: sides.cases.length,
      seconds: stopwatch.total(),
      afterRepairs: explained.afterRepairs,
      notCovered: [
        ...(only === null
          ? []
          : [`only what ${onlyOptions(only.globs)} names was compared: ${pairs.length} of ${only.of} pairs`]),
        ...describeOtherShards(sides),
        ...describeStored(sides, two),
        ...describeHiddenEpsilons(sides, judged),
        ...describeCoverage(sides, settled, weights),
      ],
      // What two runs met is said once.
      warnings: [...new Set([...sides.warnings, ...judged.warnings, ...(sides.referenceRunner.notes?.() ?? [])])],
    },
    runtimes: sides.runtimes,
    golden: sides.golden === null ? null : describeGolden(sides.golden),
    models: {
      reference: shortPath(config.reference.model),
      candidate: nearModelPath(config.candidate.model, process.cwd()),
    },
    cases,
    pairs,
    weights,
    findings,
    fix: null,
    determinism: parts.repeated.determinism,
    unmatched: settled.unmatched,
    gate,
    timings: stopwatch.seconds,
    details: [...parts.details].sort((a, b) => (order.get(a.pair) ?? 0) - (order.get(b.pair) ?? 0)),
  };
}

/** The parts that a selection leaves in. How the whole model stands with repairs is then not known. */
function restrict(parts: ResultParts): ResultParts {
  const { settled, judged, explained, selection, two } = parts;
  const { concerns, names } = selection;
  const pairs = judged.pairs.filter((one) => concerns(one.pair));
  return {
    ...parts,
    judged: { ...judged, pairs },
    settled: {
      ...settled,
      compared: settled.compared.filter((one) => concerns(one.pair)),
      rejected: settled.rejected.filter((one) => concerns(one.pair)),
      unmatched: {
        reference: settled.unmatched.reference.filter((tap) => names(tap.id)),
        candidate: settled.unmatched.candidate.filter((tap) => names(tap.id)),
      },
    },
    explained: { ...explained, afterRepairs: null },
    weights: selectWeights(parts.weights, pairs, two),
  };
}

function describeCases(sides: Sides): CheckResult["cases"] {
  return sides.cases.map((one) => ({
    id: one.id,
    label: one.label,
    inputs: one.inputs.map((input) => ({
      name: input.name,
      shape: input.shape,
      dtype: input.dtype,
      sha256: hashInput(input),
    })),
  }));
}

/** A shard speaks for its own cases only. */
function describeOtherShards({ cases, allCases }: Sides): string[] {
  const others = allCases.length - cases.length;
  return others === 0 ? [] : [`${OTHER_SHARDS}: ${others} of ${allCases.length}, for \`parity merge\` to join`];
}

/** A path as one would type it here; reports are read on other machines too. */
function shortPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === "" || near.startsWith("..") ? path : near;
}

function describePair(one: JudgedPair, two: TwoSides): PairResult {
  const { pair, judgement } = one;
  const accumulated = worstCase(one.accumulated);
  const isLocal = one.decidedBy !== null && one.local.includes(one.decidedBy);
  const local = isLocal ? one.decidedBy : worstCase(one.local);
  return {
    ...describeSides(pair, two, (one.decidedBy ?? accumulated)?.case ?? null),
    layout: pair.layout,
    matchedBy: pair.matchedBy,
    confidence: pair.confidence,
    because: pair.because,
    metrics: accumulated?.metrics ?? null,
    worstCase: accumulated?.case ?? null,
    local,
    noise: one.floor === null || judgement.ratio === null ? null : { floor: one.floor, ratio: judgement.ratio },
    float64: one.float64 ?? null,
    tolerance: judgement.tolerance,
    smallestTolerance: accumulated?.metrics.smallestTolerance ?? null,
    logits: logitsOf(one, two),
    verdict: judgement.verdict,
    note: judgement.note,
  };
}

function describeSides(
  pair: JudgedPair["pair"],
  two: TwoSides,
  shown: string | null,
): Pick<PairResult, "id" | "reference" | "candidate" | "isOutput"> {
  const reference = two.referenceTaps.get(pair.reference);
  const candidate = two.candidateTaps.get(pair.candidate);
  const shapeIn = (shapes: Readonly<Record<string, readonly number[]>> | undefined): readonly number[] =>
    (shown === null ? undefined : shapes?.[shown]) ?? Object.values(shapes ?? {})[0] ?? [];
  return {
    id: pair.id,
    reference: {
      name: pair.reference,
      tensor: reference?.tensor ?? null,
      shape: shapeIn(reference?.shapes),
      dtype: reference?.dtype ?? "unknown",
    },
    candidate: {
      name: pair.candidate,
      type: candidate?.type ?? "unknown",
      shape: shapeIn(candidate?.shapes),
      dtype: candidate?.dtype ?? "unknown",
      source: candidate?.source ?? null,
    },
    isOutput: candidate?.isOutput ?? false,
  };
}

/** A pair that the values disproved stays in the table, uncompared and with the reason. */
function rejectedPair(one: SettledPairs["rejected"][number], two: TwoSides): PairResult {
  const accumulated = worstCase(one.accumulated);
  return {
    ...describeSides(one.pair, two, accumulated?.case ?? null),
    layout: one.pair.layout,
    matchedBy: one.pair.matchedBy,
    confidence: one.pair.confidence,
    because: one.pair.because,
    metrics: accumulated?.metrics ?? null,
    worstCase: accumulated?.case ?? null,
    local: null,
    noise: null,
    float64: null,
    tolerance: { rule: "auto-bound", boundRms: 0, boundMax: 0 },
    smallestTolerance: null,
    logits: null,
    verdict: "not-compared",
    note: one.why,
  };
}

/** A verdict that turns on chance is none. What could not be judged anyway stays so: that is mended first. */
function decideRepeated(
  decided: { verdict: Verdict; reason: string | null },
  { flaky }: Settled,
): { verdict: Verdict; reason: string | null } {
  return flaky === null || decided.verdict === "inconclusive" ? decided : { verdict: "flaky", reason: flaky };
}

function countVerdicts(pairs: readonly PairResult[]): Record<PairVerdict, number> {
  const counts: Record<PairVerdict, number> = {
    identical: 0,
    "within-noise": 0,
    "within-tolerance": 0,
    mismatch: 0,
    "not-compared": 0,
  };
  for (const pair of pairs) counts[pair.verdict]++;
  return counts;
}

function countWeights(weights: readonly WeightResult[]): Record<WeightVerdict, number> {
  const counts: Record<WeightVerdict, number> = { equal: 0, "equal-by-function": 0, differs: 0, unassigned: 0 };
  for (const weight of weights) counts[weight.verdict]++;
  return counts;
}

function summarize(
  verdict: Verdict,
  reason: string | null,
  pairs: readonly PairResult[],
  first: PairResult | null,
  only: CheckResult["only"],
): string {
  const compared = pairs.filter((pair) => pair.verdict !== "not-compared").length;
  if (verdict === "inconclusive") return `Could not judge: ${reason ?? "unknown reason"}`;
  if (verdict === "flaky")
    return `Could not judge, because a side does not repeat itself: ${reason ?? "unknown reason"}`;
  const of = only === null ? "" : ` (${onlyOptions(only.globs)}, of ${only.of})`;
  if (verdict === "parity" && only !== null)
    return `What was compared agrees: ${compared} of ${only.of} tensors, those of ${onlyOptions(only.globs)}. Of the others nothing is said.`;
  if (verdict === "parity")
    return `The port computes what the original computes: all ${compared} compared tensors agree.`;
  const wrong = pairs.filter((pair) => pair.verdict === "mismatch").length;
  return `The port does not compute what the original computes: ${wrong} of ${compared} tensors${of} differ by more than rounding, first ${first?.id ?? ""}.`;
}
