import { layoutForCase, layoutOptions } from "../align/relate-shapes.js";
import { compareTensors } from "../compare/compare-tensors.js";
import type { LazyTensor } from "../formats/types.js";
import { isUnderBound } from "../judge/judge-pair.js";
import type { Edit } from "../runners/edits.js";
import type { TwoSides } from "./compare-pairs.js";
import { mayBeAnother, tapsInside } from "./find-better-partners.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/**
 * A repaired layer that gives exactly an earlier tensor of the scope that it was taken for: the fault hid which tensor the
 * module's is (a convolution whose statistics are wrong, and whose block adds a residual outside of it). Repairs
 * that leave a call out tell nothing: they give earlier tensors by their nature.
 *
 * @returns the reference tap; null when there is none, or when the pair is sure
 */
export function findOtherPartner(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  one: JudgedPair,
  id: string,
  repaired: LazyTensor,
): string | null {
  if (!mayBeAnother(one, two)) return null;
  const shapes = two.candidateTaps.get(one.pair.candidate)?.shapes ?? {};
  const own = two.candidate.tensor(id, one.pair.candidate);
  const found = tapsInside(sides, two, judged, one).find((tap) => {
    const reference = tap.tensor === null ? undefined : two.reference.tensor(id, tap.tensor);
    if (reference === undefined) return false;
    return layoutOptions(tap.shapes, shapes, ["same", "channels", "time"]).some(({ layout }) => {
      const agrees = (tensor: LazyTensor): boolean => {
        const metrics = compareTensors(reference, tensor, { layout: layoutForCase(layout, tensor.shape) });
        return metrics.identical || isUnderBound(metrics);
      };
      // What the layer gives without the repair, too, is no news.
      return agrees(repaired) && (own === undefined || !agrees(own));
    });
  });
  return found?.id ?? null;
}

/** Whether every call is still made, in one form or another: nothing is passed by as it came. */
export function keepsEveryCall(edits: readonly Edit[]): boolean {
  return edits.every(
    (edit) =>
      edit.kind === "parameter" ||
      edit.kind === "attribute" ||
      (edit.kind === "op" && /^\{"\$":"(original|call)"/.test(JSON.stringify(edit.value))),
  );
}
