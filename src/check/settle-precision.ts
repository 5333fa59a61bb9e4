import { join } from "node:path";
import type { Pair } from "../align/types.js";
import type { ResolvedConfig } from "../config/resolved.js";
import type { Finding } from "../diagnose/types.js";
import { ParityError } from "../errors.js";
import { FLOAT64, FLOAT64_RULE, judgeFloat64 } from "../judge/judge-float64.js";
import type { Float64Evidence } from "../judge/types.js";
import { PrecisionUnsupported } from "../runners/wire.js";
import { isAskedIn16Bits } from "./asked-precision.js";
import type { TwoSides } from "./compare-pairs.js";
import type { Explained } from "./explain.js";
import { findNarrowTaps } from "./find-narrow-taps.js";
import { makeReplacements } from "./forced-run.js";
import { formatExponent } from "./format-exponent.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { REPAIRED_OUTPUT } from "./prove-repairs.js";
import { type Float64Run, runFloat64 } from "./run-float64.js";
import type { Sides } from "./run-sides.js";

export interface SettledPrecision {
  readonly judged: Judged;
  readonly explained: Explained;
}

/**
 * Settles by float64 on both sides what float32 leaves open: pairs between noise and mismatch, mismatches that no confirmed
 * finding explains, and with `both`, or where the candidate was cast to 16 bits, every pair. Rounding shrinks there by orders of magnitude, a difference keeps its size.
 * What turns out to be rounding is no mismatch any more and its suspicions are dropped; a warning names it. What stays keeps
 * its verdict and says so. Where a side cannot be run in float64 all stays as it was, with a warning.
 *
 * @param concerns which pairs are settled
 */
export async function settlePrecision(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  explained: Explained,
  precision: ResolvedConfig["precision"],
  scratch: string,
  concerns: (pair: Pair) => boolean = () => true,
): Promise<SettledPrecision> {
  // Rounding to 16 bits hides what float32 would show.
  const isThorough = precision === "both" || isAskedIn16Bits(sides);
  const chosen = judged.pairs.filter(
    (one) => concerns(one.pair) && (isOpen(one, explained.findings) || (isThorough && isSure(one))),
  );
  if (chosen.length === 0) return { judged, explained };
  let run: Float64Run | null = null;
  try {
    run = await runFloat64(sides, two, judged.pairs, chosen, scratch);
    const evidence = await gatherEvidence(sides, two, judged.pairs, chosen, run, scratch);
    const pairs = judged.pairs.map((one) => settle(one, evidence.get(one.pair.id)));
    const rounding = judged.pairs.filter((one, at) => one.judgement.verdict !== pairs[at]?.judgement.verdict);
    return {
      judged: withWarnings({ ...judged, pairs }, [
        ...describeRounding(rounding, evidence),
        ...describeHidden(judged.pairs, evidence, isAskedIn16Bits(sides) ? (sides.description.dtype ?? "") : "float32"),
        ...describeSingle(run.single, chosen, run),
      ]),
      explained: settleFindings(explained, new Set(rounding.map((one) => one.pair.id)), evidence),
    };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { judged: withWarnings(judged, [describeFailure(error, chosen.length)]), explained };
  } finally {
    run?.close();
  }
}

async function gatherEvidence(
  sides: Sides,
  two: TwoSides,
  all: readonly JudgedPair[],
  chosen: readonly JudgedPair[],
  run: Float64Run,
  scratch: string,
): Promise<Map<string, Float64Evidence>> {
  const evidence = new Map(chosen.flatMap((one) => evidenceOf(one, run)));
  const replace = makeReplacements(
    all.map((one) => one.pair),
    sides,
    two.reference,
  );
  const isCleared = (one: JudgedPair) => isDoubted(one) && evidence.get(one.pair.id)?.verdict === "rounding";
  for (const id of new Set(chosen.filter(isCleared).flatMap((one) => one.decidedBy?.case ?? []))) {
    const asked = chosen.filter((one) => isCleared(one) && one.decidedBy?.case === id);
    const taps = asked.map((one) => one.pair.candidate);
    const narrow = await findNarrowTaps(sides, taps, id, replace, [], join(scratch, "float64-trace", id));
    for (const one of asked) {
      const found = evidence.get(one.pair.id);
      // Widened in float64, what 16 bits lose vanishes as rounding does.
      if (found !== undefined && narrow.has(one.pair.candidate))
        evidence.set(one.pair.id, { ...found, verdict: "unclear" });
    }
  }
  return evidence;
}

function isDoubted({ judgement }: JudgedPair): boolean {
  return judgement.verdict === "within-tolerance" || judgement.verdict === "mismatch";
}

/** Whether float32 left the pair open. An explicit tolerance is the user's own word. */
function isOpen(one: JudgedPair, findings: readonly Finding[]): boolean {
  if (one.decidedBy === null) return false;
  if (one.judgement.verdict === "within-tolerance") return one.judgement.tolerance.rule !== "explicit";
  if (one.judgement.verdict !== "mismatch") return false;
  return !findings.some((finding) => finding.status === "confirmed" && finding.pairs.includes(one.pair.id));
}

function isSure(one: JudgedPair): boolean {
  return one.decidedBy !== null && one.judgement.verdict !== "not-compared";
}

/** Failures of the two sides; an interruption and errors of this program are none. */
function isFailure(error: unknown): error is Error {
  if (error instanceof PrecisionUnsupported) return true;
  return error instanceof ParityError && error.code !== "INTERRUPTED";
}

function describeFailure(error: Error, count: number): string {
  return `float64 could not settle ${count} pair${count === 1 ? "" : "s"}: ${error.message}`;
}

function withWarnings(judged: Judged, warnings: readonly string[]): Judged {
  return { ...judged, warnings: [...judged.warnings, ...warnings] };
}

function evidenceOf(one: JudgedPair, run: Float64Run): [string, Float64Evidence][] {
  const double = run.metricsOf(one);
  if (double === null || one.decidedBy === null) return [];
  return [[one.pair.id, judgeFloat64(one.decidedBy.metrics, double, run.isExact(one))]];
}

function settle(one: JudgedPair, float64: Float64Evidence | undefined): JudgedPair {
  if (float64 === undefined) return one;
  const { judgement } = one;
  if (!isDoubted(one)) return { ...one, float64 };
  const note = [judgement.note, describeFall(one, float64)].filter((text) => text !== null).join("; ");
  if (float64.verdict !== "rounding" || judgement.tolerance.rule === "explicit")
    return { ...one, float64, judgement: { ...judgement, note } };
  const settled = { verdict: "within-noise", tolerance: FLOAT64_RULE, note: describeFall(one, float64) } as const;
  return { ...one, float64, judgement: { ...judgement, ...settled } };
}

function describeFall(one: JudgedPair, float64: Float64Evidence): string {
  const before = one.decidedBy?.metrics.relativeL2 ?? Number.NaN;
  const fall = `${formatExponent(before)} → ${formatExponent(float64.relativeL2)}`;
  switch (float64.verdict) {
    case "rounding":
      return `rounding: with both sides in float64 the relative error falls ${fall}`;
    case "difference":
      return `no rounding: with both sides in float64 the relative error stays, ${fall}`;
    case "unclear":
      return float64.relativeL2 <= FLOAT64.limit && float64.relativeL2 * FLOAT64.shrinks <= before
        ? `in float64 the relative error falls ${fall}, but the port computes in 16 bits here, which float64 widens`
        : `in float64 the relative error goes ${fall}, which does not tell rounding from a difference`;
  }
}

function describeRounding(rounding: readonly JudgedPair[], evidence: ReadonlyMap<string, Float64Evidence>): string[] {
  return rounding
    .filter((one) => one.judgement.verdict === "mismatch")
    .flatMap((one) => {
      const float64 = evidence.get(one.pair.id);
      const ratio = one.judgement.ratio === null ? "" : `, ${Math.round(one.judgement.ratio)} times its noise`;
      return float64 === undefined
        ? []
        : [`${one.pair.id} differs by more than its measured noise${ratio}, but is ${describeFall(one, float64)}`];
    });
}

/**
 * The relative error in float64 from which a layer of a candidate in 16 bits is another function: it does not keep the size
 * that rounding to 16 bits gave it, and is yet more than rounding in float32 could leave.
 */
const HIDDEN_BY_16 = 1e-5;

/** Differences that the candidate's own type hides: only asked for with `both`, or where that type has 16 bits. */
function describeHidden(
  pairs: readonly JudgedPair[],
  evidence: ReadonlyMap<string, Float64Evidence>,
  dtype: string,
): string[] {
  const limit = dtype === "float32" ? FLOAT64.limit : HIDDEN_BY_16;
  const isDifferent = (one: Float64Evidence | undefined): boolean =>
    one !== undefined && (one.verdict === "difference" || (dtype !== "float32" && one.relativeL2 > limit));
  const hidden = pairs.filter(
    ({ pair, judgement }) =>
      (judgement.verdict === "identical" || judgement.verdict === "within-noise") && isDifferent(evidence.get(pair.id)),
  );
  if (hidden.length === 0) return [];
  const named = hidden
    .slice(0, 5)
    .map(({ pair }) => `${pair.id} (${formatExponent(evidence.get(pair.id)?.relativeL2 ?? Number.NaN)})`);
  const more = hidden.length > named.length ? ` and ${hidden.length - named.length} more` : "";
  return [
    `within the noise of ${dtype}, but different in float64 by more than ${formatExponent(limit)}: ${named.join(", ")}${more}`,
  ];
}

function describeSingle(single: readonly string[], chosen: readonly JudgedPair[], run: Float64Run): string[] {
  if (single.length === 0 || chosen.every((one) => run.isExact(one))) return [];
  const named = `${single.slice(0, 3).join(", ")}${single.length > 3 ? ` and ${single.length - 3} more` : ""}`;
  return [`TensorFlow has no float64 for ${named}: what depends on it is exact to float32 only in the float64 run`];
}

/** Suspicions about what turned out to be rounding are dropped; the others hear what float64 says. */
function settleFindings(
  explained: Explained,
  rounding: ReadonlySet<string>,
  evidence: ReadonlyMap<string, Float64Evidence>,
): Explained {
  const findings = explained.findings.flatMap((finding): Finding[] => {
    if (finding.status === "confirmed") return [finding];
    const pairs = finding.pairs.filter((pair) => !rounding.has(pair));
    if (finding.pairs.length > 0 && pairs.length === 0) return [];
    const pair = finding.pair !== null && rounding.has(finding.pair) ? (pairs[0] ?? null) : finding.pair;
    const float64 = evidence.get(pair ?? "");
    const heard =
      float64?.verdict === "difference"
        ? [`it is no rounding: with both sides in float64 the relative error is ${formatExponent(float64.relativeL2)}`]
        : [];
    return [{ ...finding, pair, pairs, evidence: [...finding.evidence, ...heard] }];
  });
  const { afterRepairs } = explained;
  const isWhole = findings.every((finding) => finding.status === "confirmed");
  const isRepaired = afterRepairs !== null && isWhole && afterRepairs.outputErrorAfter <= REPAIRED_OUTPUT;
  return { ...explained, findings, afterRepairs: isRepaired ? { ...afterRepairs, verdict: "parity" } : afterRepairs };
}
