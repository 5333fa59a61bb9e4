import type { Finding, Hypothesis } from "./types.js";

/** What the experiments at the layers of a hypothesis came to. */
export type Proof =
  | {
      readonly kind: "repaired";
      /** Pairs that it brought to the noise floor in every case. */
      readonly pairs: readonly string[];
      /** Largest |candidate − reference| over the cases of the pair that moved most. */
      readonly errorBefore: number;
      readonly errorAfter: number;
      readonly floor: number | null;
    }
  | {
      readonly kind: "not-repaired";
      readonly pair: string;
      readonly errorBefore: number;
      readonly errorAfter: number | null;
      readonly failure: string | null;
    };

/** Turns a hypothesis and what its experiment gave into a finding. Only a layer brought to the noise floor confirms. */
export function conclude(hypothesis: Hypothesis, proof: Proof): Finding {
  const head = {
    cause: hypothesis.cause,
    ...(hypothesis.behind === undefined ? {} : { behind: hypothesis.behind }),
    ...(hypothesis.within === undefined ? {} : { within: hypothesis.within }),
    parameters: hypothesis.parameters,
    parameter: hypothesis.parameters[0] ?? null,
    source: hypothesis.source,
    message: hypothesis.message,
    evidence: hypothesis.evidence,
  };
  if (proof.kind === "repaired") {
    const { errorBefore, errorAfter, floor } = proof;
    return {
      ...head,
      status: "confirmed",
      pair: proof.pairs[0] ?? null,
      pairs: proof.pairs,
      against: [],
      experiment: { change: hypothesis.change, errorBefore, errorAfter, floor },
      fix: hypothesis.fix,
      rewrite: null,
    };
  }
  const { errorBefore, errorAfter, failure } = proof;
  return {
    ...head,
    status: "suspected",
    pair: proof.pair,
    pairs: [...new Set([proof.pair, ...hypothesis.pairs])],
    against: [describeFailure(proof.pair, errorAfter, failure)],
    experiment: errorAfter === null ? null : { change: hypothesis.change, errorBefore, errorAfter, floor: null },
    fix: null,
    rewrite: null,
  };
}

function describeFailure(pair: string, errorAfter: number | null, failure: string | null): string {
  if (failure !== null) return `${pair} could not be re-run: ${failure}`;
  if (errorAfter === null) return `${pair} could not be re-run`;
  return `with the change ${pair} still differs by ${errorAfter.toExponential(1)}`;
}

/**
 * The finding for a layer that differs and that no cause explains. Honest: it says between which tensors the difference
 * arises, and at which call where the layer could be looked into.
 *
 * @param isLocal whether the error is that of the layer alone, run on the original's own tensors
 * @param after the last pair before it that agrees; null at the beginning of the model
 */
export function unexplained(
  pairs: readonly string[],
  after: string | null,
  source: Finding["source"],
  error: string,
  evidence: readonly string[],
  isLocal = true,
): Finding {
  const from = after === null ? "the inputs" : `the output of ${after}`;
  const pair = pairs[0] ?? null;
  const given = isLocal ? "given the original's own tensors" : "with each side run on its own";
  return {
    cause: "unexplained",
    status: "suspected",
    pair,
    pairs,
    parameters: [],
    parameter: null,
    source,
    message: `something else is computed between ${from} and that of ${pair}: ${given} ${pair} differs by ${error}`,
    evidence,
    against: [],
    experiment: null,
    fix: null,
    rewrite: null,
  };
}
