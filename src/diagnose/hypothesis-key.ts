import type { Hypothesis } from "./types.js";

/** Equal for layers that differ only in the numbers of their names: `h.0.mlp` and `h.3.mlp` are of one kind. */
export function kindOfLayer(pair: string): string {
  return pair.replace(/\d+/g, "#");
}

/** Equal for hypotheses that say the same of the same layer. */
export function keyOf(hypothesis: Hypothesis): string {
  return JSON.stringify([hypothesis.cause, hypothesis.pairs[0] ?? "", hypothesis.repairs]);
}
