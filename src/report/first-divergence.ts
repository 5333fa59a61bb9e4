import { formatCount } from "./format-number.js";
import type { CheckResult, PairResult } from "./types.js";

/** Where the first divergence stands in `pairs`, or null when there is none. Pure: the page bundles this file. */
export function findFirstDivergence(result: CheckResult): { readonly pair: PairResult; readonly at: number } | null {
  const at = result.pairs.findIndex((pair) => pair.id === result.firstDivergence);
  const pair = result.pairs[at];
  return pair === undefined ? null : { pair, at };
}

/** How the pairs before the first divergence stand, in a few words: what makes it *the first*. */
export function describeBefore(pairs: readonly PairResult[], at: number, only: CheckResult["only"] = null): string {
  const before = pairs.slice(0, at);
  if (only !== null) return "the first of those that --only names";
  if (before.length === 0) return "it is the first pair";
  const open = before.filter((pair) => pair.verdict === "not-compared").length;
  const wrong = before.filter((pair) => pair.verdict === "mismatch").length;
  if (wrong > 0) return `${formatCount(wrong, "pair")} before it differ as well`;
  const quiet = before.every((pair) => pair.verdict !== "within-tolerance");
  const words = quiet ? "within noise" : "within tolerance";
  if (open === before.length) return "nothing before it was compared";
  if (open > 0) return `everything compared before it is ${words}; ${open} not compared`;
  return `everything before it is ${words}`;
}
