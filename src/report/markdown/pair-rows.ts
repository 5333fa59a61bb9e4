import { VERDICT_SIGNS, VERDICT_WORDS } from "../describe-pair.js";
import { levelOf, waiverOf } from "../issues.js";
import { headline } from "../pair-error.js";
import type { CheckResult, PairResult } from "../types.js";
import { codeSpan, plainText } from "./escape-markdown.js";

/** A row of the table for every pair: those that differ first, then the others, each in order of execution. */
export function pairRows(result: CheckResult): string[] {
  const wrong = result.pairs.filter((pair) => pair.verdict === "mismatch");
  const others = result.pairs.filter((pair) => pair.verdict !== "mismatch");
  return [...wrong, ...others].map((pair) => row(result, pair));
}

function row(result: CheckResult, pair: PairResult): string {
  const size = pair.verdict === "identical" || pair.verdict === "not-compared" ? "" : headline(pair);
  const cells = [
    VERDICT_SIGNS[pair.verdict],
    codeSpan(pair.id),
    codeSpan(pair.reference.name),
    plainText(size),
    plainText(`${VERDICT_WORDS[pair.verdict]}${standing(result, pair)}`),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** What keeps a mismatch from failing the gate. */
function standing(result: CheckResult, pair: PairResult): string {
  if (pair.verdict !== "mismatch") return "";
  if (waiverOf(result, pair.id) !== null) return ", waived";
  const { level } = levelOf(result, pair.id);
  return level === "error" ? "" : `, ${level}`;
}
