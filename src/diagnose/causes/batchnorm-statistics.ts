import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The moving mean or variance was never loaded, is the other one, or its square root. */
export function seeBatchnormStatistics(fact: WeightFact): SeenWeight | null {
  if (!/running_(mean|var)$|moving_(mean|variance)$/.test(fact.parameter) && !/moving_(mean|variance)$/.test(fact.key))
    return null;
  if (fact.transform !== null) return null;
  const head = { cause: "batchnorm-statistics", prior: 0.95 } as const;
  if (fact.equals !== null) {
    return {
      ...head,
      message: `${fact.parameter} holds ${fact.equals}, its own statistics are ${fact.key}`,
      evidence: [`${fact.parameter} equals ${fact.equals} element for element`],
    };
  }
  if (fact.relation?.kind === "power") {
    return {
      ...head,
      message: `${fact.parameter} is ${fact.key} to the power of ${fact.relation.exponent}: a standard deviation is no variance`,
      evidence: [`the stored values are ${fact.relation.description}`],
    };
  }
  if (fact.fresh !== null || fact.relation?.kind === "unrelated") {
    return {
      ...head,
      message: `${fact.parameter} was not loaded${fact.fresh === null ? "" : ` (${fact.fresh})`}; ${fact.key} belongs there`,
      evidence: [`${fact.parameter} equals no variable of the checkpoint that the original uses`],
    };
  }
  return null;
}
