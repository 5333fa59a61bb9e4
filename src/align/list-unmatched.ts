import type { Tap } from "../recording/types.js";
import type { Alignment, Unmatched } from "./types.js";

/** What stayed without a partner, with the reason. A tensor under several names is unmatched when none of them was paired. */
export function listUnmatched(
  reference: readonly Tap[],
  candidate: readonly Tap[],
  pairedTensors: ReadonlySet<string | null>,
  pairedCandidates: ReadonlySet<string>,
): Alignment["unmatched"] {
  const lost = (tap: Tap, why: string): Unmatched => ({ id: tap.id, isOutput: tap.isOutput, why });
  return {
    reference: uniqueTensors(reference.filter((tap) => !pairedTensors.has(tap.tensor))).map((tap) =>
      lost(
        tap,
        tap.kind === "scope" ? "no module has this name, these weights or this place" : "no module gives this tensor",
      ),
    ),
    candidate: candidate
      .filter((tap) => !pairedCandidates.has(tap.id))
      .map((tap) =>
        lost(
          tap,
          isFloating(tap)
            ? "no scope has this name, these weights or this place"
            : `${tap.dtype} tensors are not compared`,
        ),
      ),
  };
}

export function isFloating(tap: Tap): boolean {
  return tap.dtype.startsWith("float") || tap.dtype === "bfloat16";
}

/** The first tap of each tensor. */
export function uniqueTensors(taps: readonly Tap[]): Tap[] {
  const seen = new Set<string | null>();
  return taps.filter((tap) => {
    if (seen.has(tap.tensor)) return false;
    seen.add(tap.tensor);
    return true;
  });
}
