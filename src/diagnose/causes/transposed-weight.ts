import { layerOf } from "../layer-of.js";
import type { Hypothesis, LayerFact, WeightFact } from "../types.js";

/** Square kernels included: no shape error shows them, only the layer's function does. */
export function seeTransposedWeight(fact: WeightFact, layers: readonly LayerFact[]): Hypothesis | null {
  const layer = layerOf(fact, layers);
  if (layer === undefined || !layer.failed || fact.transform === null || fact.transform === fact.expected) return null;
  if (fact.transform !== "same" && fact.transform !== "transposed") return null;
  if (fact.shape.length !== 2 || fact.shape[0] !== fact.shape[1]) return null;
  const needs = needsOf(fact);
  return {
    cause: "transposed-weight",
    pairs: [layer.pair],
    parameters: [fact.parameter],
    source: fact.source,
    message: `${fact.parameter} holds ${fact.key} ${fact.transform === "same" ? "un-transposed" : "transposed"}: ${needs}`,
    evidence: [
      `${fact.parameter} [${fact.shape.join(", ")}] equals ${fact.key} [${fact.keyShape.join(", ")}] ${fact.transform === "same" ? "as it is stored" : "transposed"}`,
      "the kernel is square, so no shape check could notice",
    ],
    // Where only the function can tell which orientation is wanted, either is as likely.
    prior: fact.expected === null ? 0.5 : 0.9,
    repairs: [{ kind: "transpose", parameter: fact.parameter }],
    change: `${fact.parameter} transposed`,
    fix: `state["${fact.parameter}"] = state["${fact.parameter}"].T.contiguous()`,
  };
}

function needsOf(fact: WeightFact): string {
  if (fact.expected === "transposed") return `${fact.moduleType} stores [out, in], the checkpoint [in, out]`;
  if (fact.expected === "same") return `${fact.moduleType} stores [in, out], as the checkpoint does`;
  return `${fact.moduleType} computes with the other orientation`;
}
