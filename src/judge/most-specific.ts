import { matchesGlob } from "./glob.js";

/** The two names under which a pair is known. */
export interface PairNames {
  readonly candidate: string;
  readonly reference: string;
}

/**
 * Of the entries whose glob fits either name of a pair, the most specific one: the glob with the most characters that stand
 * for themselves; of equals the one that was written first. `h.0.attn` wins over `h.*.attn`, and that over `**`.
 */
export function mostSpecific<T extends { readonly glob: string }>(
  entries: readonly T[],
  pair: PairNames,
): T | undefined {
  let best: T | undefined;
  for (const entry of entries) {
    if (!matchesEitherName(entry.glob, pair)) continue;
    if (best === undefined || literals(entry.glob) > literals(best.glob)) best = entry;
  }
  return best;
}

/** Whether a glob fits the candidate's name or the reference's. */
export function matchesEitherName(glob: string, pair: PairNames): boolean {
  return matchesGlob(glob, pair.candidate) || matchesGlob(glob, pair.reference);
}

/** Of `{a,bcd}` the shortest alternative would count; names are not weighed that finely, and the braces are left out whole. */
function literals(glob: string): number {
  return glob.replace(/\{[^{}]*\}/g, "").replace(/[*?{}]/g, "").length;
}
