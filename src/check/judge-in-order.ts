import type { CaseMetrics } from "./compare-pairs.js";

/** What is looked at of a pair, in all cases. */
export interface PairEntries {
  /** Errors on the original's own tensors. */
  readonly local: readonly CaseMetrics[];
  /** Errors of the free run in cases that could not be forced. */
  readonly free: readonly CaseMetrics[];
}

/**
 * Judges pairs in the order in which they are computed. In a case that could not be forced an error flows on: behind the first
 * pair that differs there, nothing can be said of any other, and their errors in that case are left out. What the forced cases
 * say of them stays.
 *
 * @param judge judges one pair on some of its errors
 * @param differs whether a judged pair is a mismatch in the given error
 */
export function judgeInOrder<T>(
  pairs: readonly { readonly id: string; readonly entries: PairEntries }[],
  judge: (id: string, entries: readonly CaseMetrics[]) => T,
  differs: (id: string, entry: CaseMetrics) => boolean,
): T[] {
  const broken = new Set<string>();
  return pairs.map(({ id, entries }) => {
    const told = entries.free.filter((entry) => !broken.has(entry.case));
    for (const entry of told) if (differs(id, entry)) broken.add(entry.case);
    return judge(id, [...entries.local, ...told]);
  });
}
