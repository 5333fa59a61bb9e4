import { formatCount, formatSeconds } from "../format-number.js";
import { printable } from "../printable.js";
import type { CheckResult, Verdict } from "../types.js";
import { wrapPieces } from "./fit-text.js";
import type { Paint } from "./paint.js";
import type { View } from "./view.js";

/** The verdict's sign and words. */
export const VERDICTS: Readonly<Record<Verdict, { readonly sign: string; readonly words: string }>> = {
  parity: { sign: "✓", words: "parity" },
  mismatch: { sign: "✗", words: "not parity" },
  inconclusive: { sign: "?", words: "could not judge" },
  flaky: { sign: "?", words: "flaky" },
};

/** The style of a verdict. */
export function verdictPaint(paint: Paint, verdict: Verdict): (text: string) => string {
  return { parity: paint.good, mismatch: paint.bad, inconclusive: paint.unsure, flaky: paint.unsure }[verdict];
}

/** First line: `✗ not parity · gpt2-124M · 3 cases · 148 pairs, 0 unmatched outputs · 4.1 s`. */
export function verdictLine(view: View, result: CheckResult): string[] {
  const { sign, words } = VERDICTS[result.verdict];
  const unmatched = [...result.unmatched.reference, ...result.unmatched.candidate].filter((tap) => tap.isOutput).length;
  const facts = [
    `${sign} ${words}`,
    printable(result.name),
    formatCount(result.summary.cases, "case"),
    `${formatCount(result.pairs.length, "pair")}, ${formatCount(unmatched, "unmatched output")}`,
    formatSeconds(result.summary.seconds),
  ];
  const [first = "", ...rest] = wrapPieces(facts, " · ", view.width, 0, 2);
  const head = `${sign} ${words}`;
  const painted = view.paint.strong(verdictPaint(view.paint, result.verdict)(head));
  return [painted + first.slice(head.length), ...rest];
}
