import { formatError, formatRatio } from "./format-number.js";
import { accumulatedError, headline, localError, usedOfLimit } from "./pair-error.js";
import type { PairResult } from "./types.js";

/**
 * The compared pair that comes nearest to its limit (or is farthest beyond), or null when nothing was compared. Pairs
 * whose use of the limit is no single number count only when there are no others, the largest error first.
 */
export function findWorstPair(pairs: readonly PairResult[]): PairResult | null {
  const compared = pairs.filter((pair) => pair.verdict !== "not-compared");
  const measurable = compared.filter((pair) => usedOfLimit(pair) !== null);
  if (measurable.length > 0) return largest(measurable, (pair) => usedOfLimit(pair) ?? 0);
  return largest(compared, (pair) => localError(pair) ?? accumulatedError(pair) ?? 0);
}

/** How far a pair stays below its limit: `×1.2 noise, 3.3 times below its limit of ×4`. */
export function describeMargin(pair: PairResult): string {
  const used = usedOfLimit(pair);
  if (pair.verdict === "identical" || used === 0) return "identical";
  if (used === null) return `${headline(pair)}, within tolerance`;
  const margin = used < 1 ? `${times(1 / used)} below` : `${times(used)} over`;
  switch (pair.tolerance.rule) {
    case "auto-measured":
      return `${headline(pair)}, ${margin} its limit of ×${pair.tolerance.factorRms}`;
    case "auto-bound":
      return `${margin} the bound that rounding alone guarantees`;
    case "float64":
      return `${headline(pair)}, ${margin} the ${formatError(pair.tolerance.limit)} that constants rounded to float32 explain`;
    case "explicit":
      return (
        `needs ${formatError(pair.smallestTolerance ?? 0)}, ${margin} the tolerance of ` +
        `${formatError(pair.tolerance.atol)} (${pair.tolerance.from})`
      );
  }
}

function times(ratio: number): string {
  return `${formatRatio(ratio).slice(1)} times`;
}

function largest(pairs: readonly PairResult[], by: (pair: PairResult) => number): PairResult | null {
  let worst: PairResult | null = null;
  for (const pair of pairs) {
    if (worst === null || by(pair) > by(worst)) worst = pair;
  }
  return worst;
}
