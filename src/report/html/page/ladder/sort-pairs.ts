import { accumulatedError, localError, usedOfLimit } from "../../../pair-error.js";
import type { PairResult } from "../../../types.js";
import { VERDICT_ORDER } from "../verdict-order.js";

export type SortKey = "order" | "name" | "local" | "accumulated" | "limit" | "verdict";

export interface Sorting {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** A pair with its place in execution order, which stays its name in the page. */
export interface PlacedPair {
  readonly pair: PairResult;
  readonly at: number;
}

/** A sorted copy. Pairs without the figure come last in both directions; equals keep execution order. */
export function sortPairs(pairs: readonly PlacedPair[], { key, descending }: Sorting): PlacedPair[] {
  const sign = descending ? -1 : 1;
  return [...pairs].sort((a, b) => {
    if (key === "name") return sign * compareNames(a.pair.id, b.pair.id) || a.at - b.at;
    const left = figureOf(a, key);
    const right = figureOf(b, key);
    if (left === null || right === null) return Number(left === null) - Number(right === null) || a.at - b.at;
    // Infinities of the same sign would subtract to NaN.
    return left === right ? a.at - b.at : sign * (left < right ? -1 : 1);
  });
}

function figureOf({ pair, at }: PlacedPair, key: Exclude<SortKey, "name">): number | null {
  switch (key) {
    case "order":
      return at;
    case "local":
      return localError(pair);
    case "accumulated":
      return accumulatedError(pair);
    case "limit":
      return usedOfLimit(pair);
    case "verdict":
      return VERDICT_ORDER.indexOf(pair.verdict);
  }
}

/** `h.2` before `h.10`. */
function compareNames(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
