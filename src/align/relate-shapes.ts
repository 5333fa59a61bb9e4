import { type Layout, SAME_LAYOUT } from "../compare/types.js";
import { elementCount } from "../formats/dtype.js";

export type ShapesByCase = Readonly<Record<string, readonly number[]>>;

/**
 * The layout by which a reference tap's tensors become a candidate tap's, the same one in every case; null when there is
 * none. Accepted are the same shape, and shapes that differ only in how leading axes are merged (batch · time) or in axes
 * of size 1. A permutation is never guessed here: any of them fits a square tensor.
 */
export function relateShapes(reference: ShapesByCase, candidate: ShapesByCase): Layout | null {
  const cases = Object.keys(candidate).filter((id) => reference[id] !== undefined);
  if (cases.length === 0) return null;
  let reshaped: readonly number[] | null = null;
  for (const id of cases) {
    const from = reference[id] ?? [];
    const to = candidate[id] ?? [];
    if (sameShape(from, to)) continue;
    if (elementCount(from) !== elementCount(to) || elementCount(to) === 0 || lastSize(from) !== lastSize(to))
      return null;
    reshaped ??= to;
  }
  return reshaped === null ? SAME_LAYOUT : { permute: null, reshape: reshaped };
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** Size of the last axis that is longer than 1: the channels of a merged tensor must stay the channels. */
function lastSize(shape: readonly number[]): number {
  return shape.findLast((size) => size > 1) ?? 1;
}

/** The layout of a pair for one case: a reshape goes to that case's own shape. */
export function layoutForCase(layout: Layout, candidateShape: readonly number[]): Layout {
  return layout.reshape === null ? layout : { permute: layout.permute, reshape: candidateShape };
}

/** Whether two parameter shapes hold the same sizes, axes of 1 aside, in any order. */
export function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  const sizes = (shape: readonly number[]): string =>
    shape
      .filter((size) => size !== 1)
      .sort((x, y) => x - y)
      .join(" ");
  return elementCount(a) === elementCount(b) && sizes(a) === sizes(b);
}
