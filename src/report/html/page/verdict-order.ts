import type { PairVerdict } from "../../../judge/types.js";

/** From worst to best, so that what matters comes to the top and a parent shows the worst of its children. */
export const VERDICT_ORDER: readonly PairVerdict[] = [
  "mismatch",
  "not-compared",
  "within-tolerance",
  "within-noise",
  "identical",
];

/** The worst of some verdicts; null of none. */
export function worstVerdict(verdicts: readonly (PairVerdict | null)[]): PairVerdict | null {
  return VERDICT_ORDER.find((verdict) => verdicts.includes(verdict)) ?? null;
}
