import { formatCount, formatInteger } from "./format-number.js";
import type { WeightVerdict } from "./types.js";

/** `148/148 equal`, or what else there is: `146/148 equal, 1 differs, 1 unassigned`. Null without weights. */
export function summarizeWeights(weights: Readonly<Record<WeightVerdict, number>>): string | null {
  const total = weights.equal + weights["equal-by-function"] + weights.differs + weights.unassigned;
  if (total === 0) return null;
  const equal = weights.equal + weights["equal-by-function"];
  const parts = [`${formatInteger(equal)}/${formatInteger(total)} equal`];
  if (weights["equal-by-function"] > 0) parts[0] += ` (${formatInteger(weights["equal-by-function"])} by function)`;
  if (weights.differs > 0) parts.push(formatCount(weights.differs, "differs", "differ"));
  if (weights.unassigned > 0) parts.push(`${formatInteger(weights.unassigned)} unassigned`);
  return parts.join(", ");
}
