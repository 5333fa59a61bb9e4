import type { PairVerdict } from "../../../judge/types.js";
import type { PairResult } from "../../types.js";

export interface PairFilter {
  readonly text: string;
  readonly verdict: PairVerdict | "all";
}

export const EVERYTHING: PairFilter = { text: "", verdict: "all" };

/** Whether a pair has the verdict and every word of the text in one of its names, whatever the case. */
export function passesFilter(pair: PairResult, filter: PairFilter): boolean {
  if (filter.verdict !== "all" && pair.verdict !== filter.verdict) return false;
  const names = `${pair.id} ${pair.reference.name} ${pair.candidate.name} ${pair.candidate.type}`.toLowerCase();
  return filter.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => names.includes(word));
}
