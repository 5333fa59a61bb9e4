import { describeBefore, findFirstDivergence } from "../../../first-divergence.js";
import { formatCount, formatError, formatInteger } from "../../../format-number.js";
import { accumulatedError, headline, localError } from "../../../pair-error.js";
import { orderFindings } from "../../../read-findings.js";
import { summarizeWeights } from "../../../summarize-weights.js";
import type { CheckResult, PairResult, Verdict } from "../../../types.js";
import { describeFindingMarkdown } from "./describe-finding.js";
import { code, codeCell, prose } from "./escape.js";

const WORDS: Readonly<Record<Verdict, string>> = {
  parity: "✓ parity",
  mismatch: "✗ not parity",
  inconclusive: "? could not judge",
  flaky: "? flaky",
};

/** More rows than this make no one read them. */
const MOST_PAIRS = 20;

/** The report in short as Markdown, for an issue or a pull request. Pure. */
export function describeResultMarkdown(result: CheckResult): string {
  const { summary, models } = result;
  const weights = summarizeWeights(summary.weights);
  const facts = [
    formatCount(summary.cases, "case"),
    formatCount(result.pairs.length, "pair"),
    ...(weights === null ? [] : [`weights ${weights}`]),
  ];
  const parts = [
    `### ${WORDS[result.verdict]}: ${prose(result.name)}`,
    prose(summary.sentence),
    `${facts.join(" · ")} · reference ${code(models.reference)} · candidate ${code(models.candidate)}`,
    ...firstDivergence(result),
    ...orderFindings(result.findings).map(describeFindingMarkdown),
    ...repaired(result),
    ...points("Not covered", summary.notCovered),
    ...points("Warnings", summary.warnings),
    ...mismatches(result.pairs.filter((pair) => pair.verdict === "mismatch")),
  ];
  return `${parts.join("\n\n")}\n`;
}

function firstDivergence(result: CheckResult): string[] {
  const found = findFirstDivergence(result);
  if (found === null) return [];
  const { pair, at } = found;
  const kind = localError(pair) === null ? "accumulated" : "local";
  return [
    `First divergence: ${code(pair.id)}, ${kind} ${prose(headline(pair))}; ${prose(describeBefore(result.pairs, at))}.`,
  ];
}

function repaired({ summary }: CheckResult): string[] {
  const after = summary.afterRepairs;
  if (after === null) return [];
  const [before, left] = [formatError(after.outputErrorBefore), formatError(after.outputErrorAfter)];
  return [`With every confirmed repair the outputs' error goes ${before} → ${left}: **${WORDS[after.verdict]}**.`];
}

function points(title: string, texts: readonly string[]): string[] {
  return texts.length === 0 ? [] : [`${title}:\n\n${texts.map((text) => `- ${prose(text)}`).join("\n")}`];
}

function mismatches(pairs: readonly PairResult[]): string[] {
  if (pairs.length === 0) return [];
  const rows = pairs.slice(0, MOST_PAIRS).map((pair) => {
    const [local, accumulated] = [localError(pair), accumulatedError(pair)];
    return `| ${codeCell(pair.id)} | ${written(local)} | ${written(accumulated)} | ${prose(headline(pair))} |`;
  });
  const more = pairs.length - rows.length;
  return [
    [
      `<details><summary>${formatCount(pairs.length, "mismatch", "mismatches")}</summary>`,
      "",
      "| pair | local | accumulated | |",
      "|---|---|---|---|",
      ...rows,
      ...(more > 0 ? ["", `${formatInteger(more)} more in the report.`] : []),
      "",
      "</details>",
    ].join("\n"),
  ];
}

function written(error: number | null): string {
  return error === null ? "–" : formatError(error);
}
