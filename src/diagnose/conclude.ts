import type { ExperimentResult, Finding, Hypothesis } from "./types.js";

/** Turns a hypothesis and what its experiment gave into a finding. Only a layer brought to the noise floor confirms. */
export function conclude(hypothesis: Hypothesis, results: readonly ExperimentResult[]): Finding {
  const confirmed =
    hypothesis.pairs.length > 0 &&
    hypothesis.pairs.every((pair) => results.some((result) => result.pair === pair)) &&
    results.every((result) => result.repaired);
  // The experiment that a reader cares about is the one that moved most.
  const shown = [...results].sort((a, b) => b.errorBefore - a.errorBefore)[0];
  const failures = results.flatMap((result) =>
    result.failure === null ? [] : [`${result.pair} could not be re-run: ${result.failure}`],
  );
  const against = results
    .filter((result) => !result.repaired && result.failure === null)
    .map((result) => `with the change ${result.pair} still differs by ${result.errorAfter?.toExponential(1)}`);
  return {
    cause: hypothesis.cause,
    status: confirmed ? "confirmed" : "suspected",
    pair: hypothesis.pairs[0] ?? null,
    parameters: hypothesis.parameters,
    parameter: hypothesis.parameters[0] ?? null,
    source: hypothesis.source,
    message: hypothesis.message,
    evidence: [...hypothesis.evidence, ...failures, ...against],
    experiment:
      shown === undefined || shown.errorAfter === null
        ? null
        : {
            change: hypothesis.change,
            errorBefore: shown.errorBefore,
            errorAfter: shown.errorAfter,
            floor: shown.floor,
          },
    fix: confirmed ? hypothesis.fix : null,
  };
}

/**
 * The finding for a layer that differs and that no cause explains. Honest: it says between which tensors the difference
 * arises, which is as near as module outputs can tell.
 *
 * @param after the last pair before it that agrees; null at the beginning of the model
 */
export function unexplained(
  pair: string,
  after: string | null,
  source: Finding["source"],
  error: string,
  evidence: readonly string[],
): Finding {
  const from = after === null ? "the inputs" : `the output of ${after}`;
  return {
    cause: "unexplained",
    status: "suspected",
    pair,
    parameters: [],
    parameter: null,
    source,
    message: `something else is computed between ${from} and that of ${pair}: given the original's own tensors ${pair} differs by ${error}`,
    evidence,
    experiment: null,
    fix: null,
  };
}
