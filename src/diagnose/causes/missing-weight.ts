import { layerOf } from "../layer-of.js";
import { loadingCode } from "../loading-code.js";
import type { Hypothesis, LayerFact, WeightFact } from "../types.js";

/** The parameter holds nothing of the checkpoint: it was never loaded, or loaded from somewhere else. */
export function seeMissingWeight(fact: WeightFact, layers: readonly LayerFact[]): Hypothesis | null {
  const layer = layerOf(fact, layers);
  if (layer === undefined || !layer.failed || fact.transform !== null || fact.equals !== null) return null;
  const { relation } = fact;
  const looks =
    relation?.kind === "reordered"
      ? `holds ${relation.description}`
      : fact.fresh !== null
        ? `was not loaded: its values look freshly initialised (${fact.fresh})`
        : relation?.kind === "close"
          ? `holds values near those of the checkpoint (relative difference ${relation.relativeL2.toExponential(1)}), perhaps of another training step`
          : "holds values that the checkpoint does not have";
  return {
    cause: "missing-weight",
    pairs: [layer.pair],
    parameters: [fact.parameter],
    source: fact.source,
    message: `${fact.parameter} ${looks}; ${fact.key} belongs there`,
    evidence: [
      `${fact.parameter} equals no variable of the checkpoint that the original uses, in any order of its axes`,
      ...(fact.maxAbs === null ? [] : [`it differs from ${fact.key} by up to ${fact.maxAbs.toExponential(1)}`]),
    ],
    prior: 0.7,
    repairs: [{ kind: "load", parameter: fact.parameter, key: fact.key }],
    change: `${fact.parameter} loaded from ${fact.key}`,
    fix: loadingCode(fact, fact.key),
  };
}
