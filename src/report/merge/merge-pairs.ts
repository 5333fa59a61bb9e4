import type { PairVerdict } from "../../judge/types.js";
import type { PairError, PairResult } from "../types.js";

/** From good to bad, as the judge ranks the cases of one pair. */
const RANK: readonly PairVerdict[] = ["not-compared", "identical", "within-noise", "within-tolerance", "mismatch"];

/**
 * The pairs of all shards by id, each as its worst case says, in the candidate's order of execution.
 *
 * @param shards the pairs of each shard; @param order all cases in full order, to choose among equals as one run would
 */
export function mergePairs(shards: readonly (readonly PairResult[])[], order: readonly string[]): PairResult[] {
  const found = new Map<string, PairResult[]>();
  const ids: string[] = [];
  for (const pairs of shards) {
    let position = 0;
    for (const pair of pairs) {
      const known = ids.indexOf(pair.id);
      // A tap that the shards before did not have comes after the one that it followed here.
      if (known === -1) ids.splice(position, 0, pair.id);
      position = (known === -1 ? position : known) + 1;
      found.set(pair.id, [...(found.get(pair.id) ?? []), pair]);
    }
  }
  return ids.map((id) => mergePair(found.get(id) ?? [], order));
}

/** One pair of several shards. What decided comes from the worst of them, the accumulated error from where that is largest. */
export function mergePair(pairs: readonly PairResult[], order: readonly string[]): PairResult {
  const at = (id: string | null | undefined): number => {
    const found = order.indexOf(id ?? "");
    return found === -1 ? order.length : found;
  };
  const decided = [...pairs].sort(
    (a, b) =>
      RANK.indexOf(b.verdict) - RANK.indexOf(a.verdict) ||
      (b.noise?.ratio ?? 0) - (a.noise?.ratio ?? 0) ||
      errorOf(b) - errorOf(a) ||
      at(a.local?.case ?? a.worstCase) - at(b.local?.case ?? b.worstCase),
  )[0];
  const accumulated = [...pairs].sort(
    (a, b) => badness(b.metrics) - badness(a.metrics) || at(a.worstCase) - at(b.worstCase),
  )[0];
  if (decided === undefined || accumulated === undefined) throw new Error("a pair is merged of at least one");
  return {
    ...decided,
    metrics: accumulated.metrics,
    worstCase: accumulated.worstCase,
    smallestTolerance: accumulated.smallestTolerance,
    logits: accumulated.logits ?? pairs.find((pair) => pair.logits !== null)?.logits ?? null,
    // An explicit tolerance judges the accumulated error; the local one is then only shown, and the worst is.
    local: decided.tolerance.rule === "explicit" ? worstLocal(pairs) : decided.local,
  };
}

/** The error that the judge looked at: the local one where there is one and no tolerance was given. */
function errorOf(pair: PairResult): number {
  const metrics = pair.tolerance.rule === "explicit" ? pair.metrics : (pair.local?.metrics ?? pair.metrics);
  return metrics?.relativeL2 ?? 0;
}

function badness(metrics: PairError["metrics"] | null): number {
  if (metrics === null) return -1;
  return metrics.nonFiniteMismatch === null ? metrics.relativeL2 : Number.POSITIVE_INFINITY;
}

function worstLocal(pairs: readonly PairResult[]): PairError | null {
  return pairs.reduce<PairError | null>((worst, { local }) => {
    if (local === null) return worst;
    return worst === null || badness(local.metrics) > badness(worst.metrics) ? local : worst;
  }, null);
}
