/** Two things and how well they go together. */
export interface Scored<A, B> {
  readonly a: A;
  readonly b: B;
  readonly score: number;
}

/**
 * The pairs that are each other's best without a rival as good, best first. What is settled is taken away and the rest
 * looked at again. Where two are equally good neither is taken: that would be a guess.
 */
export function mutualBest<A, B>(scored: readonly Scored<A, B>[]): Scored<A, B>[] {
  const found: Scored<A, B>[] = [];
  let open = scored;
  for (;;) {
    const ofA = bestBy(open, (one) => one.a);
    const ofB = bestBy(open, (one) => one.b);
    const settled = open.filter((one) => ofA.get(one.a) === one && ofB.get(one.b) === one);
    if (settled.length === 0) return found.sort((x, y) => y.score - x.score);
    found.push(...settled);
    const takenA = new Set(settled.map((one) => one.a));
    const takenB = new Set(settled.map((one) => one.b));
    open = open.filter((one) => !takenA.has(one.a) && !takenB.has(one.b));
  }
}

/** The best of each member; null where two are equally good. */
function bestBy<A, B, K>(scored: readonly Scored<A, B>[], key: (one: Scored<A, B>) => K): Map<K, Scored<A, B> | null> {
  const best = new Map<K, Scored<A, B> | null>();
  const top = new Map<K, number>();
  for (const one of scored) {
    const known = top.get(key(one));
    if (known !== undefined && one.score < known) continue;
    best.set(key(one), one.score === known ? null : one);
    top.set(key(one), one.score);
  }
  return best;
}
