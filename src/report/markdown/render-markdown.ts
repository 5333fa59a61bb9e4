import { CAUSE_TITLES } from "../cause-titles.js";
import { type Failure, failureText } from "../failure.js";
import { describeBefore, findFirstDivergence } from "../first-divergence.js";
import { formatCount, formatSeconds } from "../format-number.js";
import { headline } from "../pair-error.js";
import { orderFindings, whereOf } from "../read-findings.js";
import { summarizeWeights } from "../summarize-weights.js";
import { headOf } from "../terminal/verdict-line.js";
import type { CheckResult } from "../types.js";
import { codeBlock, codeSpan, plainText } from "./escape-markdown.js";
import { findingBlock } from "./finding-block.js";
import { fitBlocks } from "./fit-blocks.js";
import { gateBlock } from "./gate-block.js";
import { pairRows } from "./pair-rows.js";

/** GitHub refuses comments of 65,536 characters and more. */
export const COMMENT_BYTES = 64_000;

/**
 * The result as Markdown for a pull request or a job summary: the first lines have verdict, cause and fix, details are folded.
 *
 * @param limit bytes (UTF-8) that it must stay under; what was cut is said
 */
export function renderMarkdown(result: CheckResult, limit = COMMENT_BYTES): string {
  const rows = pairRows(result);
  return fitBlocks(
    [
      headLines(result),
      ...orderFindings(result.findings).map((finding) => findingBlock(result, finding)),
      gateBlock(result),
      ...[...result.summary.notCovered.map((text) => `Unseen: ${text}`), ...result.summary.warnings].map(
        (text) => `* ${plainText(text)}`,
      ),
    ].filter((block) => block !== ""),
    rows,
    limit,
  );
}

/** A check that came to no result. */
export function renderMarkdownFailure(failure: Failure): string {
  const place = failure.place;
  return `${[
    `## ? parity could not judge ${codeSpan(failure.name)}`,
    plainText(failureText(failure)),
    ...(place === null ? [] : [`at ${codeSpan(place.line === null ? place.file : `${place.file}:${place.line}`)}`]),
    ...(failure.detail === null
      ? []
      : [`<details><summary>details</summary>\n\n${codeBlock(failure.detail.slice(-8000), "text")}\n\n</details>`]),
  ].join("\n\n")}\n`;
}

/** Verdict, first divergence, cause and fix in a handful of lines. */
function headLines(result: CheckResult): string {
  const { summary, pairs, reason } = result;
  const found = findFirstDivergence(result);
  const [first] = orderFindings(result.findings);
  const weights = summarizeWeights(summary.weights);
  const facts = [
    formatCount(summary.cases, "case"),
    formatCount(pairs.length, "pair"),
    ...(weights === null ? [] : [`weights ${weights}`]),
    formatSeconds(summary.seconds),
  ];
  return [
    `## ${headOf(result).text} · ${codeSpan(result.name)}`,
    plainText(reason ?? summary.sentence),
    ...(found === null
      ? []
      : [
          `First divergence: ${codeSpan(found.pair.id)}, ${plainText(headline(found.pair))} (${plainText(describeBefore(pairs, found.at))}).`,
        ]),
    ...(first === undefined ? [] : [cause(first)]),
    plainText(facts.join(" · ")),
  ].join("\n\n");
}

function cause(finding: CheckResult["findings"][number]): string {
  const where = whereOf(finding);
  const fix = finding.rewrite?.after.trim() ?? finding.fix;
  const place = finding.source === null ? "" : ` at ${codeSpan(`${finding.source.file}:${finding.source.line}`)}`;
  const start = `**${finding.status}: ${plainText(CAUSE_TITLES[finding.cause])}**${where === null ? "" : ` in ${codeSpan(where)}`}${place}`;
  if (fix === null) return start;
  return fix.includes("\n") ? `${start}\n\n${codeBlock(fix, "python")}` : `${start}\nFix: ${codeSpan(fix)}`;
}
