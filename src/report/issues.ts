import type { GateCheck, GateWaiver } from "../judge/gate/types.js";
import type { SourcePlace } from "../recording/types.js";
import { CAUSE_TITLES } from "./cause-titles.js";
import { formatError } from "./format-number.js";
import { headline } from "./pair-error.js";
import { messageOf, orderFindings, whereOf } from "./read-findings.js";
import type { CauseId, CheckResult, Finding, PairResult } from "./types.js";

/** One thing that a reader of CI's own pages should see: a finding, a mismatch that none explains, or a rule of the gate. */
export interface Issue {
  readonly level: "error" | "warning" | "note";
  /** A cause, or the rule of the gate. */
  readonly rule: { readonly cause: CauseId } | { readonly gate: GateCheck["id"] };
  readonly title: string;
  /** Sentences without any markup. */
  readonly message: string;
  readonly source: SourcePlace | null;
  readonly pair: string | null;
  readonly finding: Finding | null;
  readonly waiver: GateWaiver | null;
}

const RANK = { error: 0, warning: 1, note: 2 } as const;

/** All issues of a result, worst first; of equals in the order in which they help. */
export function listIssues(result: CheckResult): Issue[] {
  const explained = new Set(
    result.findings.flatMap((one) => (one.pair === null ? one.pairs : [one.pair, ...one.pairs])),
  );
  const bare = result.pairs.filter((pair) => pair.verdict === "mismatch" && !explained.has(pair.id));
  const issues = [
    ...orderFindings(result.findings).map((finding) => findingIssue(result, finding)),
    ...bare.map((pair) => mismatchIssue(result, pair)),
    ...result.gate.checks.flatMap((check) => gateIssue(result, check)),
  ];
  return issues.sort((a, b) => RANK[a.level] - RANK[b.level]);
}

/** The waiver that holds for a pair, or null. */
export function waiverOf(result: CheckResult, pair: string): GateWaiver | null {
  return result.gate.waivers.find((one) => one.state === "active" && one.pairs.includes(pair)) ?? null;
}

/** The level of a pair and the entry that set it; `error` where none is set. */
export function levelOf(
  result: CheckResult,
  pair: string,
): { readonly level: "off" | "warn" | "error"; readonly from: string } {
  return result.gate.levels.find((one) => one.pair === pair) ?? { level: "error", from: "the default" };
}

/** `until 2027-01-31 by speech team: reason`. */
export function describeWaived({ owner, reason, expires }: GateWaiver): string {
  return `until ${expires} by ${owner}: ${reason}`;
}

function findingIssue(result: CheckResult, finding: Finding): Issue {
  const all = finding.pair === null ? finding.pairs : [...new Set([finding.pair, ...finding.pairs])];
  const waivers = all.map((pair) => waiverOf(result, pair));
  const waived = waivers.length > 0 && waivers.every((one) => one !== null);
  const where = whereOf(finding);
  const title = CAUSE_TITLES[finding.cause];
  return {
    level: waived ? "note" : softened(result, all, finding.status === "confirmed" ? "error" : "warning"),
    rule: { cause: finding.cause },
    title: where === null ? title : `${title}: ${where}`,
    message: findingText(finding),
    source: finding.source ?? sourceOf(result, finding.pair),
    pair: finding.pair,
    finding,
    waiver: waived ? (waivers[0] ?? null) : null,
  };
}

/** What a finding says, its proof and its fix. */
export function findingText(finding: Finding): string {
  const { experiment, against } = finding;
  const others = finding.pairs.filter((pair) => pair !== finding.pair);
  return [
    sentence(messageOf(finding)),
    ...(others.length === 0 ? [] : [`Also in ${others.join(", ")}.`]),
    ...(experiment === null
      ? []
      : [
          `With ${experiment.change} the layer's error goes ${formatError(experiment.errorBefore)} → ${formatError(experiment.errorAfter)}.`,
        ]),
    ...against.map(sentence),
    ...(finding.fix === null ? [] : [`Fix: ${finding.rewrite?.after.trim() ?? finding.fix}`]),
  ].join(" ");
}

function mismatchIssue(result: CheckResult, pair: PairResult): Issue {
  const waiver = waiverOf(result, pair.id);
  return {
    level: waiver !== null ? "note" : softened(result, [pair.id], "error"),
    rule: { cause: "unexplained" },
    title: `${CAUSE_TITLES.unexplained}: ${pair.id}`,
    message: `${pair.id} (${pair.candidate.type}) differs from ${pair.reference.name}: ${headline(pair)}.${pair.note === null ? "" : ` ${sentence(pair.note)}`}`,
    source: pair.candidate.source,
    pair: pair.id,
    finding: null,
    waiver,
  };
}

/** Mismatches are told by their findings or as such. */
function gateIssue(result: CheckResult, check: GateCheck): Issue[] {
  const { id, outcome, message, hint, pair } = check;
  if (id === "mismatch" || outcome === "pass") return [];
  return [
    {
      level: outcome === "warn" ? "warning" : "error",
      rule: { gate: id },
      title: `gate: ${id}`,
      message: hint === null ? sentence(message) : `${sentence(message)} ${hint}`,
      source: sourceOf(result, pair),
      pair,
      finding: null,
      waiver: null,
    },
  ];
}

/** Where no pair concerned fails the gate, nothing is worse than a warning. */
function softened(result: CheckResult, pairs: readonly string[], level: "error" | "warning"): Issue["level"] {
  const levels = pairs.filter((pair) => waiverOf(result, pair) === null).map((pair) => levelOf(result, pair).level);
  if (levels.length === 0 || levels.includes("error")) return level;
  return levels.includes("warn") ? "warning" : "note";
}

function sourceOf(result: CheckResult, pair: string | null): SourcePlace | null {
  return result.pairs.find((one) => one.id === pair)?.candidate.source ?? null;
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
