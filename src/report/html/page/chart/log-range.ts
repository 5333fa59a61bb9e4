/** Decades between which positive figures lie, whole numbers, at least one apart; null when there is none to draw. Pure. */
export function logRange(values: Iterable<number>): { readonly low: number; readonly high: number } | null {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const value of values) {
    if (!(value > 0) || value === Number.POSITIVE_INFINITY) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (most === 0) return null;
  const low = Math.floor(Math.log10(least));
  return { low, high: Math.max(low + 1, Math.ceil(Math.log10(most))) };
}
