import { createHash } from "node:crypto";
import { type Failure, failureText } from "../failure.js";
import { describeWaived, type Issue, listIssues } from "../issues.js";
import { type ReportContext, repositoryPath } from "../report-context.js";
import type { CheckResult } from "../types.js";
import { describeRule, ruleId } from "./rules.js";
import { artifactLocation, SOURCE_ROOT } from "./to-uri.js";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/** GitHub shows so many results of a run and drops the rest in silence. */
const MOST_RESULTS = 5000;

type Json = Record<string, unknown>;

/**
 * The result as SARIF 2.1.0: rules are causes (and rules of the gate), results are findings, mismatches that none explains, and
 * what the gate complains of, at the user's own lines.
 */
export function renderSarif(result: CheckResult, context: ReportContext): string {
  const issues = listIssues(result);
  const shown = issues.slice(0, MOST_RESULTS);
  const rules = new Map(shown.map((issue) => [ruleId(issue.rule), issue.rule]));
  const indices = new Map([...rules.keys()].map((id, at) => [id, at]));
  const cut = issues.length - shown.length;
  const notifications = [
    ...(result.reason === null ? [] : [notification("error", result.reason)]),
    ...result.summary.warnings.map((text) => notification("warning", text)),
    ...(cut > 0 ? [notification("warning", `${cut} more results are in report.json`)] : []),
  ];
  return document(result.name, context, {
    rules: [...rules.values()].map(describeRule),
    invocation: {
      executionSuccessful: result.gate.outcome !== "could-not-judge",
      exitCode: result.exitCode,
      toolExecutionNotifications: notifications,
    },
    results: shown.map((issue) => describeIssue(issue, indices.get(ruleId(issue.rule)) ?? 0, result, context)),
    properties: { verdict: result.verdict, gate: result.gate.outcome, summary: result.summary.sentence },
  });
}

/** A check that came to no result: a run that was not successful, and why. */
export function renderSarifFailure(failure: Failure, context: ReportContext): string {
  const location = failure.place === null ? [] : [physicalLocation(failure.place.file, failure.place.line, context)];
  return document(failure.name, context, {
    rules: [],
    invocation: {
      executionSuccessful: false,
      exitCode: 2,
      toolExecutionNotifications: [
        { ...notification("error", failureText(failure)), ...(location.length > 0 ? { locations: location } : {}) },
      ],
    },
    results: [],
    properties: { error: failure.code },
  });
}

function document(
  name: string,
  context: ReportContext,
  run: { readonly rules: Json[]; readonly invocation: Json; readonly results: Json[]; readonly properties: Json },
): string {
  const log = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "parity", version: context.version, rules: run.rules } },
        // One repository may check several models: each keeps its own alerts.
        automationDetails: { id: `parity/${name}/` },
        originalUriBaseIds: { [SOURCE_ROOT]: { description: { text: "The root of the repository." } } },
        columnKind: "utf16CodeUnits",
        invocations: [run.invocation],
        results: run.results,
        properties: run.properties,
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function notification(level: "error" | "warning", text: string): Json {
  return { level, message: { text } };
}

function describeIssue(issue: Issue, ruleIndex: number, result: CheckResult, context: ReportContext): Json {
  const { finding, waiver, pair } = issue;
  const place = issue.source ?? { file: context.config ?? candidateFile(result), line: null };
  const logical = finding?.parameter ?? pair;
  return {
    ruleId: ruleId(issue.rule),
    ruleIndex,
    level: issue.level,
    message: { text: waiver === null ? issue.message : `${issue.message} (waived ${describeWaived(waiver)})` },
    locations: [
      {
        ...physicalLocation(place.file, place.line, context),
        ...(logical === null ? {} : { logicalLocations: [{ fullyQualifiedName: logical, kind: "member" }] }),
      },
    ],
    partialFingerprints: { "parity/v1": fingerprint(issue, result) },
    ...(finding?.rewrite == null ? {} : { fixes: [describeFix(finding.rewrite, context)] }),
    ...(waiver === null
      ? {}
      : { suppressions: [{ kind: "external", status: "accepted", justification: describeWaived(waiver) }] }),
    properties: { status: finding?.status ?? "observed", pair },
  };
}

/** Where nothing else is known the port's own file is the place. */
function candidateFile(result: CheckResult): string {
  return result.models.candidate.replace(/\.py:.*$/s, ".py");
}

function physicalLocation(file: string, line: number | null, context: ReportContext): Json {
  const region = line === null || line < 1 ? {} : { region: { startLine: line } };
  return { physicalLocation: { artifactLocation: artifactLocation(repositoryPath(file, context)), ...region } };
}

/** The same fault keeps its fingerprint when lines move: it is what it is and where in the model, not where in the file. */
function fingerprint(issue: Issue, result: CheckResult): string {
  const parts = [result.name, ruleId(issue.rule), issue.pair, issue.finding?.parameter ?? null];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/** The user's line in place of itself: columns count from 1 in UTF-16 units, the end is behind the last. */
function describeFix(
  rewrite: { readonly file: string; readonly line: number; readonly before: string; readonly after: string },
  context: ReportContext,
): Json {
  const { file, line, before, after } = rewrite;
  return {
    description: { text: `${before.trim()} → ${after.trim()}` },
    artifactChanges: [
      {
        artifactLocation: artifactLocation(repositoryPath(file, context)),
        replacements: [
          {
            deletedRegion: { startLine: line, startColumn: 1, endLine: line, endColumn: before.length + 1 },
            insertedContent: { text: after },
          },
        ],
      },
    ],
  };
}
