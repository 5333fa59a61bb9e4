import { headline } from "./pair-error.js";
import type { CheckResult, PairResult } from "./types.js";

/** How two checks of the same model differ, by pair. */
export interface Changes {
  /** Differed before and agree now. */
  readonly fixed: readonly string[];
  /** Differ still, with how much now and before. */
  readonly still: readonly { readonly pair: string; readonly now: string; readonly before: string }[];
  /** Differ now and did not before. */
  readonly fresh: readonly string[];
  /** Were compared before and are no longer. */
  readonly gone: readonly string[];
}

/** What changed from one check to the next. A pair that differed and is gone is not called fixed. */
export function compareResults(before: CheckResult, after: CheckResult): Changes {
  const was = new Map(before.pairs.map((pair) => [pair.id, pair]));
  const is = new Map(after.pairs.map((pair) => [pair.id, pair]));
  const differs = (pair: PairResult | undefined): boolean => pair?.verdict === "mismatch";
  const isOpen = (pair: PairResult | undefined): boolean => pair === undefined || pair.verdict === "not-compared";
  return {
    fixed: before.pairs
      .filter((pair) => differs(pair) && !differs(is.get(pair.id)) && !isOpen(is.get(pair.id)))
      .map(idOf),
    still: after.pairs.flatMap((pair) => {
      const earlier = was.get(pair.id);
      if (earlier === undefined || !differs(pair) || !differs(earlier)) return [];
      return [{ pair: pair.id, now: headline(pair), before: headline(earlier) }];
    }),
    fresh: after.pairs.filter((pair) => differs(pair) && !differs(was.get(pair.id))).map(idOf),
    gone: before.pairs.filter((pair) => !isOpen(pair) && isOpen(is.get(pair.id))).map(idOf),
  };
}

function idOf(pair: PairResult): string {
  return pair.id;
}
