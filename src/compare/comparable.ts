import { ParityError } from "../errors.js";
import type { LazyTensor } from "../formats/types.js";
import { applyLayout, showShape } from "./apply-layout.js";
import { isNumeric } from "./decode.js";
import type { Bounds, Layout } from "./types.js";

/**
 * The reference in the candidate's layout, when the two can be compared at all.
 *
 * @throws ParityError INPUTS_INVALID: strings or complex numbers, a layout that does not fit, or shapes that differ
 */
export function makeComparable(reference: LazyTensor, candidate: LazyTensor, layout: Layout): LazyTensor {
  for (const tensor of [reference, candidate]) {
    if (isNumeric(tensor.dtype)) continue;
    throw new ParityError(
      "INPUTS_INVALID",
      `${tensor.name} is a ${tensor.dtype} tensor: there is no error to measure`,
      {
        where: { file: tensor.location.file, key: tensor.name },
        hint: "Leave this pair out, or compare the real and imaginary parts as two float tensors.",
      },
    );
  }
  const arranged = applyLayout(reference, layout);
  const same =
    arranged.shape.length === candidate.shape.length && arranged.shape.every((size, i) => size === candidate.shape[i]);
  if (same) return arranged;
  const throughLayout =
    layout.permute === null && layout.reshape === null
      ? ""
      : ` (${showShape(reference.shape)} before permute ${JSON.stringify(layout.permute)}, reshape ${JSON.stringify(layout.reshape)})`;
  throw new ParityError(
    "INPUTS_INVALID",
    `shapes differ: reference ${reference.name} ${showShape(arranged.shape)}${throughLayout}, candidate ${candidate.name} ${showShape(candidate.shape)}`,
    {
      where: { file: candidate.location.file, key: candidate.name },
      hint: "Pair tensors of the same shape, or give the layout (permute, reshape) that leads from one to the other.",
    },
  );
}

/** @throws ParityError USAGE when a bound is negative or not a number */
export function checkBounds(bounds: Bounds | undefined): void {
  if (bounds === undefined) return;
  for (const [key, value] of Object.entries(bounds)) {
    if (value >= 0) continue;
    throw new ParityError("USAGE", `${key} is ${value}, but a tolerance is a number from 0 up`, { where: { key } });
  }
}
