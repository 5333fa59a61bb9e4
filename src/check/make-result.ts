import { relative } from "node:path";
import type { ResolvedConfig } from "../config/resolved.js";
import { hashInput } from "../inputs/hash-input.js";
import type { PairVerdict } from "../judge/types.js";
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
import { describeHiddenEpsilons } from "./describe-hidden-epsilons.js";
import type { Explained } from "./explain.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { logitsOf } from "./logits-of.js";
import type { Sides } from "./run-sides.js";
import type { SettledPairs } from "./settle-pairs.js";
import type { Stopwatch } from "./stopwatch.js";

const EXIT_CODES = { parity: 0, mismatch: 1, inconclusive: 2 } as const;

export interface ResultParts {
  readonly config: ResolvedConfig;
  readonly sides: Sides;
  readonly two: TwoSides;
  readonly settled: SettledPairs;
  readonly judged: Judged;
  readonly explained: Explained;
  readonly weights: readonly WeightResult[];
  readonly stopwatch: Stopwatch;
}

/** Puts the result together (the contract of report.json) and decides the verdict of the whole. */
export function makeResult(parts: ResultParts): CheckResult {
  const { config, sides, two, settled, judged, explained, weights, stopwatch } = parts;
  const pairs = [
    ...judged.pairs.map((one) => describePair(one, two)),
    ...settled.rejected.map((one) => rejectedPair(one, two)),
  ];
  const order = new Map([...two.candidateTaps.keys()].map((id, i) => [id, i]));
  pairs.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  const { verdict, reason } = decide(pairs, parts);
  const counts = countVerdicts(pairs);
  const first = pairs.find((pair) => pair.verdict === "mismatch") ?? null;
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    name: config.name,
    verdict,
    exitCode: EXIT_CODES[verdict],
    reason,
    firstDivergence: first?.id ?? null,
    summary: {
      sentence: summarize(verdict, reason, pairs, first),
      pairs: counts,
      weights: countWeights(weights),
      cases: sides.cases.length,
      seconds: stopwatch.total(),
      afterRepairs: explained.afterRepairs,
      notCovered: [...describeHiddenEpsilons(sides, judged), ...describeCoverage(sides, settled, weights)],
      warnings: [...sides.warnings, ...judged.warnings],
    },
    runtimes: sides.runtimes,
    models: { reference: shortPath(config.reference.model), candidate: shortPath(config.candidate.model) },
    cases: sides.cases.map((one) => ({
      id: one.id,
      label: one.label,
      inputs: one.inputs.map((input) => ({
        name: input.name,
        shape: input.shape,
        dtype: input.dtype,
        sha256: hashInput(input),
      })),
    })),
    pairs,
    weights,
    findings: explained.findings,
    fix: null,
    unmatched: settled.unmatched,
    timings: stopwatch.seconds,
    details: [],
  };
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

/** A gate that compared nothing, or not the outputs, does not pass. */
function decide(pairs: readonly PairResult[], parts: ResultParts): { verdict: Verdict; reason: string | null } {
  const compared = pairs.filter((pair) => pair.verdict !== "not-compared");
  if (compared.length === 0) {
    return {
      verdict: "inconclusive",
      reason:
        'nothing was compared: no tensor of the original could be paired with one of the port. A map (map: { "scope": "module" }) pairs them by hand.',
    };
  }
  if (compared.some((pair) => pair.verdict === "mismatch")) return { verdict: "mismatch", reason: null };
  if (!compared.some((pair) => pair.isOutput)) {
    return {
      verdict: "inconclusive",
      reason:
        "no output was compared: the port's outputs have other shapes than the original's. Return the same tensor, or pair them with a map.",
    };
  }
  const { pass } = parts.sides.original;
  const missing = parts.settled.unmatched.reference.filter((tap) => tap.isOutput);
  if (pass.outputsDeclared && missing.length > 0) {
    return {
      verdict: "inconclusive",
      reason: `the output ${missing[0]?.id} of the original has no partner in the port`,
    };
  }
  return { verdict: "parity", reason: null };
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
): string {
  const compared = pairs.filter((pair) => pair.verdict !== "not-compared").length;
  if (verdict === "inconclusive") return `Could not judge: ${reason ?? "unknown reason"}`;
  if (verdict === "parity")
    return `The port computes what the original computes: all ${compared} compared tensors agree.`;
  const wrong = pairs.filter((pair) => pair.verdict === "mismatch").length;
  return `The port does not compute what the original computes: ${wrong} of ${compared} tensors differ by more than rounding, first ${first?.id ?? ""}.`;
}
