import type { PairResult } from "../../../types.js";

/** The pair that is `by` steps away among those that count, from the one at `from` (null: from outside the list). Pure. */
export function stepFrom(
  pairs: readonly PairResult[],
  from: string | null,
  by: 1 | -1,
  counts: (pair: PairResult) => boolean,
): PairResult | null {
  const at = pairs.findIndex((pair) => pair.id === from);
  const rest = by === 1 ? pairs.slice(at + 1) : at === -1 ? [...pairs].reverse() : pairs.slice(0, at).reverse();
  return rest.find(counts) ?? null;
}
