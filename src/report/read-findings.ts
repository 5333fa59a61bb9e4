import { formatShape } from "./format-number.js";
import type { CheckResult, Finding } from "./types.js";

/** Both shapes of a finding's parameter and why nobody noticed; null when the parameter is not among the weights. */
export function shapeNote(result: CheckResult, finding: Finding): string | null {
  if (finding.parameter === null) return null;
  const weight = result.weights.find((entry) => entry.candidate === finding.parameter);
  const shape = weight?.shape.candidate;
  if (shape === undefined || shape === null) return null;
  const square = shape.length >= 2 && shape.at(-1) === shape.at(-2);
  if (finding.cause === "transposed-weight" && square) return `${formatShape(shape)}, square: no shape error`;
  return formatShape(shape);
}

/** The message without the finding's own place, which is shown beside it: `… gelu by erf (model.py:17)`. */
export function messageOf(finding: Finding): string {
  const { source, message } = finding;
  if (source === null) return message;
  const place = `${source.file}:${source.line}`;
  const shorter = message.replaceAll(` (${place})`, "").replaceAll(` at ${place}`, "").trim();
  return shorter === "" ? message : shorter;
}

/** What a finding is shown at: its parameter, its layer, or the two layers between which something is missing. */
export function whereOf(finding: Finding): string | null {
  const from = finding.behind ?? finding.within;
  if (finding.parameter !== null || finding.pair === null || from === undefined)
    return finding.parameter ?? finding.pair;
  return `${from} → ${finding.pair}`;
}

/** The layers besides the finding's own in which it shows; parameters say it better where there are some. */
export function otherPairs(finding: Finding): string[] {
  return finding.parameters.length > 0 ? [] : finding.pairs.filter((pair) => pair !== finding.pair);
}

/** Findings in the order in which they help: confirmed before suspected, otherwise as they were found. */
export function orderFindings(findings: readonly Finding[]): Finding[] {
  return [
    ...findings.filter((finding) => finding.status === "confirmed"),
    ...findings.filter((finding) => finding.status !== "confirmed"),
  ];
}
