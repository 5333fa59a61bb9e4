import type { Unmatched } from "../../align/types.js";
import type { LayerDetail } from "../details.js";
import type { CheckResult, PairResult, WeightResult, WeightVerdict } from "../types.js";
import { mergeDeterminism } from "./merge-determinism.js";
import { mergeFindings } from "./merge-findings.js";
import { mergePairs } from "./merge-pairs.js";
import { mergeNotCovered, mergeRepairs, mergeWarnings } from "./merge-summary.js";
import { mergeVerdict } from "./merge-verdict.js";
import { summarizeMerged, tally } from "./summarize-merged.js";

/** The result of one shard and what timings of it are called by: `shard 1/3`. */
export interface ShardResult {
  readonly label: string;
  readonly result: CheckResult;
}

const EXIT_CODES = { parity: 0, mismatch: 1, inconclusive: 2, flaky: 2 } as const;
/** From good to bad. */
const WEIGHT_RANK: readonly WeightVerdict[] = ["equal", "equal-by-function", "unassigned", "differs"];

/**
 * The results of all shards of one model as one: what one run over all cases would have given, up to timings, and up to how many
 * noise floors were measured (a run measures a floor in every case that some layer is doubtful in).
 *
 * @param order ids of all cases in full order
 */
export function mergeResults(shards: readonly ShardResult[], order: readonly string[]): CheckResult {
  const results = shards.map((one) => one.result);
  const [first] = results;
  if (first === undefined) throw new Error("a result is merged of at least one");
  const pairs = mergePairs(
    results.map((result) => result.pairs),
    order,
  );
  const weights = mergeWeights(results);
  const unmatched = {
    reference: mergeUnmatched(results, "reference"),
    candidate: mergeUnmatched(results, "candidate"),
  };
  const { verdict, reason } = mergeVerdict(results, pairs, unmatched);
  const firstDivergence = pairs.find((pair) => pair.verdict === "mismatch")?.id ?? null;
  const cases = results.flatMap((result) => result.cases);
  return {
    ...first,
    verdict,
    exitCode: EXIT_CODES[verdict],
    reason,
    firstDivergence,
    summary: {
      ...first.summary,
      sentence: summarizeMerged(verdict, reason, pairs, firstDivergence),
      pairs: tally(
        ["identical", "within-noise", "within-tolerance", "mismatch", "not-compared"] as const,
        pairs.map((pair) => pair.verdict),
      ),
      weights: tally(
        ["equal", "equal-by-function", "differs", "unassigned"] as const,
        weights.map((weight) => weight.verdict),
      ),
      cases: cases.length,
      // Shards run at the same time: what is waited for is the longest.
      seconds: Math.max(...results.map((result) => result.summary.seconds)),
      afterRepairs: mergeRepairs(results),
      notCovered: mergeNotCovered(results),
      warnings: mergeWarnings(results),
    },
    cases: [...cases].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id)),
    pairs,
    weights,
    findings: mergeFindings(
      results.map((result) => result.findings),
      pairs.map((pair) => pair.id),
    ),
    determinism: mergeDeterminism(results),
    unmatched,
    // Whether the gate passes is judged anew, over all of this.
    gate: { ...first.gate, run: mergeRun(results) },
    timings: Object.fromEntries(
      shards.flatMap(({ label, result }) =>
        Object.entries(result.timings).map(([step, seconds]) => [`${label}: ${step}`, seconds]),
      ),
    ),
    details: pairs.flatMap((pair) => detailOf(pair, results) ?? []),
  };
}

function mergeRun(results: readonly CheckResult[]): CheckResult["gate"]["run"] {
  return {
    outputsDeclared: results.some((result) => result.gate.run.outputsDeclared),
    skippedCases: results.flatMap((result) => result.gate.run.skippedCases),
  };
}

/** What its shard shows of the case that decided. */
function detailOf(pair: PairResult, results: readonly CheckResult[]): LayerDetail | undefined {
  const own = results.flatMap((result) => result.details.filter((detail) => detail.pair === pair.id));
  const decided = pair.local?.case ?? pair.worstCase;
  return own.find((detail) => detail.case === decided) ?? own[0];
}

/** A weight is the same in every shard, but what a layer did under some case may have told more of it: the worst stands. */
function mergeWeights(results: readonly CheckResult[]): WeightResult[] {
  const found = new Map<string, WeightResult>();
  for (const weight of results.flatMap((result) => result.weights)) {
    const key = JSON.stringify([weight.reference, weight.candidate]);
    const known = found.get(key);
    if (known === undefined || WEIGHT_RANK.indexOf(weight.verdict) > WEIGHT_RANK.indexOf(known.verdict))
      found.set(key, weight);
  }
  return [...found.values()];
}

/** Taps that found a partner in no shard: some occur under some cases only. */
function mergeUnmatched(results: readonly CheckResult[], side: "reference" | "candidate"): Unmatched[] {
  const paired = new Set(results.flatMap((result) => result.pairs.map((pair) => pair[side].name)));
  const all = results.flatMap((result) => result.unmatched[side]);
  return [...new Map(all.map((tap) => [tap.id, tap])).values()].filter((tap) => !paired.has(tap.id));
}
