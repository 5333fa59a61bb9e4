import type { Layout } from "../compare/types.js";
import { elementCount } from "../formats/dtype.js";
import type { Tap } from "../recording/types.js";
import { compareWithRecorded, type TwoSides } from "./compare-pairs.js";

/** Of the cases that both taps have the one with the most axes longer than 1, of these the smallest. */
export function tellingCase(reference: Tap, candidate: Tap): string | undefined {
  const cases = Object.keys(candidate.shapes).filter((id) => reference.shapes[id] !== undefined);
  const telling = (id: string): number => (reference.shapes[id] ?? []).filter((size) => size > 1).length;
  const size = (id: string): number => elementCount(reference.shapes[id] ?? []);
  return cases.sort((a, b) => telling(b) - telling(a) || size(a) - size(b))[0];
}

/**
 * Relative L2 error of two taps in the free run if they were laid out in this way, in the one case that tells most about
 * the order of axes. What the storage of the reference's tensor may have cost is taken off. Null when no case has both.
 */
export function errorUnder(two: TwoSides, reference: Tap, candidate: Tap, layout: Layout): number | null {
  const id = tellingCase(reference, candidate);
  if (id === undefined || reference.tensor === null) return null;
  const to = two.candidate.tensor(id, candidate.id);
  const metrics = to === undefined ? null : compareWithRecorded(two.reference, id, reference.tensor, to, layout);
  if (metrics === null) return null;
  if (metrics.nonFiniteMismatch !== null) return Number.POSITIVE_INFINITY;
  return Math.max(0, metrics.relativeL2 - two.reference.lossOf(id, reference.tensor));
}
