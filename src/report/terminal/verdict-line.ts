import { countPairs, verdictWords } from "../describe-only.js";
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

/** How the gate stands as a verdict does: sign and colour of the first line follow it. */
const GATES = { pass: "parity", fail: "mismatch", "could-not-judge": "inconclusive" } as const;
const GATE_WORDS = { pass: "gate passed", fail: "gate failed", "could-not-judge": "gate could not judge" } as const;

/**
 * Sign and words of a result. The sign is the gate's; where gate and verdict say different things both are said:
 * `✓ not parity, gate passed`.
 */
export function headOf(result: CheckResult): { readonly text: string; readonly stands: Verdict } {
  const { verdict, gate } = result;
  const stands = GATES[gate.outcome];
  const words = verdictWords(result);
  const both = stands === verdict ? words : `${words}, ${GATE_WORDS[gate.outcome]}`;
  return { text: `${VERDICTS[stands].sign} ${both}`, stands };
}

/** First line: `✗ not parity · gpt2-124M · 3 cases · 148 pairs, 0 unmatched outputs · 4.1 s`. */
export function verdictLine(view: View, result: CheckResult): string[] {
  const { text: head, stands } = headOf(result);
  const unmatched = [...result.unmatched.reference, ...result.unmatched.candidate].filter((tap) => tap.isOutput).length;
  const facts = [
    head,
    printable(result.name),
    formatCount(result.summary.cases, "case"),
    printable(countPairs(result)) + (result.only === null ? `, ${formatCount(unmatched, "unmatched output")}` : ""),
    formatSeconds(result.summary.seconds),
  ];
  const [first = "", ...rest] = wrapPieces(facts, " · ", view.width, 0, 2);
  const painted = view.paint.strong(verdictPaint(view.paint, stands)(head));
  return [painted + first.slice(head.length), ...rest];
}
