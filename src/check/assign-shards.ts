/** One case of one model, and about how much work it is. */
export interface Work {
  readonly model: string;
  readonly case: string;
  /** Any unit, the same for all. */
  readonly size: number;
}

/**
 * Which shard (from 1) does each piece of work, in the order of `work`: the largest first, each to the shard that has least to
 * do, the lower number among equals. So no shard has more than the largest piece beyond what any other has, and the same work
 * in any order is given out the same way.
 */
export function assignShards(work: readonly Work[], count: number): number[] {
  const loads = new Array<number>(count).fill(0);
  const order = work.map((_, at) => at).sort((a, b) => compareWork(work[a] as Work, work[b] as Work));
  const shards = new Array<number>(work.length).fill(1);
  for (const at of order) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] = (loads[least] ?? 0) + (work[at]?.size ?? 0);
    shards[at] = least + 1;
  }
  return shards;
}

function compareWork(a: Work, b: Work): number {
  return b.size - a.size || compareText(a.model, b.model) || compareText(a.case, b.case);
}

/** By code units, so that no machine's language changes it. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
