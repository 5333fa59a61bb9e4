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

/** Findings in the order in which they help: confirmed before suspected, otherwise as they were found. */
export function orderFindings(findings: readonly Finding[]): Finding[] {
  return [
    ...findings.filter((finding) => finding.status === "confirmed"),
    ...findings.filter((finding) => finding.status !== "confirmed"),
  ];
}
