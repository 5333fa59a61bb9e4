import type { Situation } from "../situation.js";

/**
 * Axes of a tensor of the original as axes of the candidate's tensor that holds the same. Null where it is not known how the
 * two are ordered.
 *
 * @param axes of the original's tensor, negative ones counted from the end
 */
export function mapAxes(
  situation: Situation,
  axes: readonly number[],
  original: string,
  candidate: string,
): readonly number[] | null {
  const [from, to] = [situation.originalValue(original)?.shape, situation.tensors.get(candidate)?.shape];
  if (from === undefined || to === undefined) return null;
  const positive = axes.map((axis) => (axis < 0 ? axis + from.length : axis));
  const agreement = situation.agreements.get(candidate);
  const permute =
    agreement !== undefined && agreement.permute !== null
      ? agreement.permute
      : from.join() === to.join()
        ? null
        : situation.layer.layout.permute;
  if (permute === null) return from.join() === to.join() ? positive : null;
  if (permute.length !== to.length || permute.some((axis, i) => from[axis] !== to[i])) return null;
  return positive.map((axis) => permute.indexOf(axis)).sort((a, b) => a - b);
}

/** Sets of axes that a normalisation or reduction may be over, the batch left out: one axis, all, the last or first but one. */
export function axisSets(rank: number): number[][] {
  const all = Array.from({ length: Math.max(0, rank - 1) }, (_, i) => i + 1);
  const sets = [[rank - 1], [1], all.slice(1), all, all.slice(0, -1), ...all.map((axis) => [axis])];
  const seen = new Set<string>();
  return sets.filter((set) => {
    if (set.length === 0 || set.some((axis) => axis < 1) || seen.has(set.join())) return false;
    seen.add(set.join());
    return true;
  });
}
