/** One point of a drawn profile: the worst of the slices from `first` to `last`. */
export interface ProfilePoint {
  readonly first: number;
  readonly last: number;
  readonly maxAbs: number;
  readonly rms: number;
}

/** A profile with at most `most` points; each holds the worst of the slices that it stands for. Pure. */
export function gatherProfile(maxAbs: readonly number[], rms: readonly number[], most: number): ProfilePoint[] {
  const each = Math.max(1, Math.ceil(maxAbs.length / most));
  return Array.from({ length: Math.ceil(maxAbs.length / each) }, (_, at) => {
    const first = at * each;
    const last = Math.min(maxAbs.length, first + each) - 1;
    return { first, last, maxAbs: worst(maxAbs, first, last), rms: worst(rms, first, last) };
  });
}

/** NaN is worse than any number. */
function worst(values: readonly number[], first: number, last: number): number {
  let found = 0;
  for (let at = first; at <= last; at++) {
    const value = values[at] ?? 0;
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    if (value > found) found = value;
  }
  return found;
}
