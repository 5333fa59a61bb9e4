import { type Layout, SAME_LAYOUT } from "../compare/types.js";
import { elementCount } from "../formats/dtype.js";

export type ShapesByCase = Readonly<Record<string, readonly number[]>>;

/**
 * The layout by which a reference tap's tensors become a candidate tap's, the same one in every case; null when there is
 * none. Accepted are the same shape, and shapes that differ only in that neighbouring axes before the last are merged
 * (batch · time, height · width) or in axes of size 1. A permutation is never guessed here: any of them fits a square
 * tensor.
 */
export function relateShapes(reference: ShapesByCase, candidate: ShapesByCase): Layout | null {
  const cases = Object.keys(candidate).filter((id) => reference[id] !== undefined);
  if (cases.length === 0) return null;
  let reshaped: readonly number[] | null = null;
  for (const id of cases) {
    const from = reference[id] ?? [];
    const to = candidate[id] ?? [];
    if (sameShape(from, to)) continue;
    if (elementCount(to) === 0 || !keepsOrder(from, to)) return null;
    reshaped ??= to;
  }
  return reshaped === null ? SAME_LAYOUT : { permute: null, reshape: reshaped };
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** Whether one shape is the other with neighbouring axes merged, the channels kept apart, and axes of 1 aside. */
function keepsOrder(a: readonly number[], b: readonly number[]): boolean {
  if (elementCount(a) !== elementCount(b)) return false;
  // A tensor without channels (one value per position) ends in an axis of 1 on both sides.
  if (a.at(-1) !== b.at(-1) && lastSize(a) !== lastSize(b)) return false;
  const [left, right] = [strides(a), strides(b)];
  return left.every((stride) => right.includes(stride)) || right.every((stride) => left.includes(stride));
}

/** Elements from one index to the next along each axis longer than 1: merging axes drops some of them, and adds none. */
function strides(shape: readonly number[]): number[] {
  return shape.flatMap((size, axis) => (size > 1 ? [elementCount(shape.slice(axis + 1))] : []));
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
