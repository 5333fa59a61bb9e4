import { describeTolerance } from "../describe-pair.js";
import type { Failure } from "../failure.js";
import { failureText } from "../failure.js";
import { describeWaived, findingText, levelOf, waiverOf } from "../issues.js";
import { headline } from "../pair-error.js";
import { type ReportContext, repositoryPath } from "../report-context.js";
import type { CheckResult, PairResult } from "../types.js";
import { element, escapeText } from "./xml.js";

type Outcome = "passed" | "failure" | "error" | "skipped";

interface TestCase {
  readonly outcome: Outcome;
  readonly xml: string;
}

/**
 * The result as JUnit XML: a suite for the model with a test case per pair, and one for the rules of the gate. A mismatch is a
 * failure with what was found; waived, not compared or not failing by its level is skipped, with the reason.
 */
export function renderJunit(result: CheckResult, context: ReportContext): string {
  const pairs = result.pairs.map((pair) => pairCase(result, pair, context));
  const rules = result.gate.checks
    .filter((check) => check.id !== "mismatch")
    .map((check, at) => gateCase(result, check, at));
  const properties = element("properties", {}, [
    property("verdict", result.verdict),
    property("gate", result.gate.outcome),
    property("reference", result.models.reference),
    property("candidate", result.models.candidate),
    ...Object.entries(result.runtimes).map(([name, version]) => property(`runtime.${name}`, version)),
  ]);
  const seconds = result.summary.seconds.toFixed(3);
  const suites = [suite(result.name, pairs, seconds, [properties]), suite(`${result.name}: gate`, rules, "0.000", [])];
  return document(result.name, [...pairs, ...rules], seconds, suites);
}

/** A check that came to no result: one test case, with the error. */
export function renderJunitFailure(failure: Failure): string {
  const text = [failureText(failure), ...(failure.detail === null ? [] : ["", failure.detail])].join("\n");
  const error = element("error", { message: failure.message, type: failure.code }, [escapeText(text)]);
  const only: TestCase = {
    outcome: "error",
    xml: element("testcase", { name: "parity check", classname: failure.name }, [error]),
  };
  return document(failure.name, [only], "0.000", [suite(failure.name, [only], "0.000", [])]);
}

function document(name: string, cases: readonly TestCase[], seconds: string, suites: readonly string[]): string {
  const root = element("testsuites", { name: `parity: ${name}`, ...tally(cases), time: seconds }, suites);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

function suite(name: string, cases: readonly TestCase[], seconds: string, before: readonly string[]): string {
  return element("testsuite", { name, ...tally(cases), time: seconds }, [...before, ...cases.map((one) => one.xml)]);
}

function tally(cases: readonly TestCase[]): Record<string, number> {
  const count = (outcome: Outcome): number => cases.filter((one) => one.outcome === outcome).length;
  return { tests: cases.length, failures: count("failure"), errors: count("error"), skipped: count("skipped") };
}

function property(name: string, value: string): string {
  return element("property", { name, value });
}

function pairCase(result: CheckResult, pair: PairResult, context: ReportContext): TestCase {
  const { source } = pair.candidate;
  const attributes = {
    name: pair.id,
    classname: result.name,
    file: source === null ? null : repositoryPath(source.file, context),
    line: source?.line ?? null,
  };
  const make = (outcome: Outcome, content: readonly string[]): TestCase => ({
    outcome,
    xml: element("testcase", attributes, content),
  });
  const skip = (why: string): TestCase => make("skipped", [element("skipped", { message: why })]);
  if (pair.verdict === "not-compared") return skip(`not compared: ${pair.note ?? "no reason is known"}`);
  if (pair.verdict !== "mismatch") return make("passed", []);
  const waiver = waiverOf(result, pair.id);
  if (waiver !== null) return skip(`waived ${describeWaived(waiver)}`);
  const { level, from } = levelOf(result, pair.id);
  if (level !== "error") return skip(`differs (${headline(pair)}), which does not fail the gate by ${from}: ${level}`);
  const findings = result.findings.filter((one) => one.pair === pair.id || one.pairs.includes(pair.id));
  const text = [
    `${pair.reference.name} and ${pair.candidate.name} differ: ${headline(pair)}`,
    `rule: ${describeTolerance(pair.tolerance)}`,
    ...(pair.note === null ? [] : [pair.note]),
    ...findings.map((one) => `${one.status}: ${findingText(one)}`),
    ...(findings.length === 0 ? ["nothing was found that explains it"] : []),
  ].join("\n");
  const [first] = findings;
  const failure = element("failure", { message: `differs: ${headline(pair)}`, type: first?.cause ?? "unexplained" }, [
    escapeText(text),
  ]);
  return make("failure", [failure]);
}

function gateCase(result: CheckResult, check: CheckResult["gate"]["checks"][number], at: number): TestCase {
  const { id, outcome, message, hint, pair } = check;
  // Names must differ within a suite: some services keep the last of several with one name.
  const same = result.gate.checks.filter((one) => one.id !== "mismatch").filter((one, i) => one.id === id && i < at);
  const name = `${id}${pair === null ? "" : ` ${pair}`}${pair === null && same.length > 0 ? ` ${same.length + 1}` : ""}`;
  const attributes = { name, classname: `${result.name}: gate` };
  const text = escapeText(hint === null ? message : `${message}\n${hint}`);
  switch (outcome) {
    case "pass":
      return { outcome: "passed", xml: element("testcase", attributes, []) };
    case "warn":
      return {
        outcome: "passed",
        xml: element("testcase", attributes, [element("system-out", {}, [text])]),
      };
    case "fail":
      return {
        outcome: "failure",
        xml: element("testcase", attributes, [element("failure", { message, type: `gate.${id}` }, [text])]),
      };
    case "could-not-judge":
      return {
        outcome: "error",
        xml: element("testcase", attributes, [element("error", { message, type: `gate.${id}` }, [text])]),
      };
  }
}
