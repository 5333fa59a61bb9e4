import type { GateFacts, GatePair } from "../judge/gate/types.js";
import { accumulatedError, headline, localError, relativeFloor } from "../report/pair-error.js";
import type { CheckResult, PairResult, WeightResult } from "../report/types.js";

type Judged = Pick<CheckResult, "pairs" | "weights" | "findings" | "unmatched" | "cases">;

/**
 * What the gate needs to know, out of the parts of a result.
 *
 * @param run what the result does not hold: whether outputs were declared, and the cases that gave none to compare
 */
export function gateFacts(
  result: Judged,
  run: Pick<GateFacts, "outputsDeclared" | "skippedCases" | "partial">,
): GateFacts {
  const { pairs, weights, findings, unmatched, cases } = result;
  const outputsOf = (side: "reference" | "candidate"): string[] =>
    unmatched[side].filter((tap) => tap.isOutput).map((tap) => tap.id);
  return {
    pairs: pairs.map(gatePair),
    findings: findings.map((finding) => ({
      cause: finding.cause,
      pairs: finding.pair === null ? finding.pairs : [...new Set([finding.pair, ...finding.pairs])],
      parameters: finding.parameters,
    })),
    parameters: countParameters(weights),
    unmatchedTaps: unmatched.candidate.map((tap) => tap.id),
    unmatchedOutputs: { reference: outputsOf("reference"), candidate: outputsOf("candidate") },
    cases: cases.length,
    inputs: Object.fromEntries(
      cases.map((one) => [one.id, Object.fromEntries(one.inputs.map((input) => [input.name, input.sha256]))]),
    ),
    ...run,
  };
}

function gatePair(pair: PairResult): GatePair {
  return {
    id: pair.id,
    candidate: pair.candidate.name,
    reference: pair.reference.name,
    verdict: pair.verdict,
    isOutput: pair.isOutput,
    error: localError(pair) ?? accumulatedError(pair),
    run: pair.local === null ? "accumulated" : "local",
    floor: relativeFloor(pair),
    isRounding: pair.tolerance.rule === "float64",
    told: headline(pair),
  };
}

/** Variables that no parameter uses are none of the candidate's. */
function countParameters(weights: readonly WeightResult[]): GateFacts["parameters"] {
  const own = weights.flatMap((weight) => (weight.candidate === null ? [] : [{ ...weight, name: weight.candidate }]));
  const missing = own.filter((weight) => weight.verdict === "unassigned").map((weight) => weight.name);
  return { total: own.length, missing };
}
