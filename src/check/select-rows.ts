import type { WeightResult } from "../report/types.js";
import type { TwoSides } from "./compare-pairs.js";
import type { JudgedPair } from "./judge-pairs.js";

/**
 * The rows of the conversion ledger that belong to the given pairs: parameters of their modules and of what lies inside them.
 * The model itself counts with the parameters that lie in no module.
 */
export function selectWeights(
  weights: readonly WeightResult[],
  pairs: readonly Pick<JudgedPair, "pair">[],
  two: TwoSides,
): WeightResult[] {
  const modules = new Set(pairs.flatMap(({ pair }) => two.candidateTaps.get(pair.candidate)?.path ?? []));
  const belongs = (parameter: string): boolean => {
    if (!parameter.includes(".")) return modules.has("");
    for (let at = parameter.lastIndexOf("."); at > 0; at = parameter.lastIndexOf(".", at - 1))
      if (modules.has(parameter.slice(0, at))) return true;
    return false;
  };
  return weights.filter((weight) => weight.candidate !== null && belongs(weight.candidate));
}
