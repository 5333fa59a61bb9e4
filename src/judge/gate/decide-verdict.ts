import type { GateFacts } from "./types.js";

export interface Decision {
  readonly verdict: "parity" | "mismatch" | "inconclusive";
  /** Why it is inconclusive, or null. */
  readonly reason: string | null;
}

/** The verdict of a check. One that compared nothing, or not the outputs, is none. */
export function decideVerdict(
  facts: Pick<GateFacts, "pairs" | "outputsDeclared" | "unmatchedOutputs" | "partial">,
): Decision {
  const compared = facts.pairs.filter((pair) => pair.verdict !== "not-compared");
  if (compared.length === 0) return { verdict: "inconclusive", reason: NOTHING_COMPARED };
  if (compared.some((pair) => pair.verdict === "mismatch")) return { verdict: "mismatch", reason: null };
  const blind = explainBlindness(facts);
  return blind === null ? { verdict: "parity", reason: null } : { verdict: "inconclusive", reason: blind };
}

export const NOTHING_COMPARED =
  'nothing was compared: no tensor of the original could be paired with one of the port. A map (map: { "scope": "module" }) pairs them by hand.';

/** Why the outputs were not seen, or null: layers that agree say little when what they make was not looked at. */
export function explainBlindness(
  facts: Pick<GateFacts, "pairs" | "outputsDeclared" | "unmatchedOutputs" | "partial">,
): string | null {
  if (facts.partial === true) return null;
  if (!facts.pairs.some((pair) => pair.isOutput && pair.verdict !== "not-compared"))
    return "no output was compared: the port's outputs have other shapes than the original's. Return the same tensor, or pair them with a map.";
  const [missing] = facts.unmatchedOutputs.reference;
  if (facts.outputsDeclared && missing !== undefined)
    return `the output ${missing} of the original has no partner in the port`;
  return null;
}
