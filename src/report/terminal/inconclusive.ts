import { printableLines } from "../printable.js";
import type { CheckResult } from "../types.js";
import { wrapText } from "./fit-text.js";
import { labelled, type View } from "./view.js";

/** Why nothing can be said, and what to do about it. */
export function inconclusiveLines(view: View, result: CheckResult): string[] {
  const reason = printableLines(result.reason ?? result.summary.sentence);
  return [...reason.flatMap((line) => wrapText(line, view.width, 2)), ...labelled(view, 2, "next", nextStep(result))];
}

/** The step that mends the most likely reason, read from what the result has and lacks. */
function nextStep(result: CheckResult): string {
  if (result.verdict === "flaky")
    return "make that side repeat itself (eval() in the port, no clock, no generator of its own, a seed for the original's op) and check again";
  const outputs = [...result.unmatched.reference, ...result.unmatched.candidate].filter((tap) => tap.isOutput);
  const compared = result.pairs.filter((pair) => pair.verdict !== "not-compared");
  if (outputs.length > 0 && result.pairs.length > 0) return "pair the unmatched outputs by hand with --map FILE";
  if (result.cases.length === 0) return "give the model an input: --input NAME=SPEC, or --text STRING";
  if (result.pairs.length === 0)
    return "pair the taps by hand with --map FILE; the report lists the names of both sides";
  if (compared.length === 0) return "see in the report why each pair could not be compared";
  return "`parity doctor` says which runtimes are usable; the pairs that were reached are in the report";
}
