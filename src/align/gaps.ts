import type { Tap } from "../recording/types.js";

/** What is free on both sides between two neighbouring matched pairs. */
export interface Gap {
  readonly reference: readonly Tap[];
  readonly candidate: readonly Tap[];
}

/**
 * The gaps that the matched pairs leave, in order of execution. A pair that goes back in the original's order (a name that
 * crosses) ends no gap.
 *
 * @param partner id of the reference tap that a candidate tap is matched with
 * @param isFree whether a candidate tap without partner may be matched
 */
export function findGaps(
  reference: readonly Tap[],
  free: readonly Tap[],
  candidate: readonly Tap[],
  partner: (tap: Tap) => string | undefined,
  isFree: (tap: Tap) => boolean,
): Gap[] {
  const place = new Map(reference.map((tap, i) => [tap.id, i]));
  const placeOf = (tap: Tap): number => place.get(tap.id) ?? 0;
  const gaps: Gap[] = [];
  let low = -1;
  let open: Tap[] = [];
  const close = (high: number): void => {
    gaps.push({ reference: free.filter((tap) => placeOf(tap) > low && placeOf(tap) < high), candidate: open });
    open = [];
  };
  for (const tap of candidate) {
    const matched = partner(tap);
    if (matched === undefined) {
      if (isFree(tap)) open.push(tap);
      continue;
    }
    const at = place.get(matched) ?? low;
    if (at <= low) continue;
    close(at);
    low = at;
  }
  close(reference.length);
  return gaps;
}
