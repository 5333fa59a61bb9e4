import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The port uses nn.GRU, whose formula is another than that of the original's cell: no weights help. Told once per layer, by its recurrent kernel. */
export function seeResetGateOfModule(fact: WeightFact): SeenWeight | null {
  if (!fact.notConvertible || fact.shape.length !== 2 || !/(^|\.)weight_hh/.test(fact.parameter)) return null;
  return {
    cause: "recurrent-bias",
    message: `${fact.module} is not convertible to ${fact.moduleType}: write the cell. ${fact.notConvertible}`,
    evidence: [
      ...(fact.transform === null
        ? []
        : [`${fact.parameter} holds what ${fact.key} gives, so the weights are not what is wrong`]),
      "torch computes n = tanh(W x + b + r · (U h + b')), the original n = tanh(W x + U (r · h) + b)",
    ],
    fix: "n = torch.tanh(x @ W_n + (r * h) @ U_n + b_n)",
    prior: 0.6,
  };
}
