import { type Layout, SAME_LAYOUT } from "../compare/types.js";
import { elementCount } from "../formats/dtype.js";
import { conventionPermutations, type LayoutFamily } from "./layout-families.js";

export type ShapesByCase = Readonly<Record<string, readonly number[]>>;

/** One way in which a reference tap's tensors can be a candidate tap's, and the convention that it belongs to. */
export interface LayoutOption {
  readonly family: LayoutFamily;
  readonly layout: Layout;
  /** The order of axes that the convention demands moves nothing in these shapes: the pair says nothing for or against it. */
  readonly neutral: boolean;
}

/**
 * The layout by which a reference tap's tensors become a candidate tap's, the same one in every case; null when there is
 * none. Accepted are the same shape, shapes that differ only in that neighbouring axes before the last are merged
 * (batch · time, height · width) or in axes of size 1, and what the given conventions permit beside these. Of several that
 * fit the first convention wins: which ones a model follows is decided for the model (`inferConventions`), never here.
 */
export function relateShapes(
  reference: ShapesByCase,
  candidate: ShapesByCase,
  families: readonly LayoutFamily[] = ["same"],
): Layout | null {
  return layoutOptions(reference, candidate, families)[0]?.layout ?? null;
}

/** Every layout that fits in all cases, in the order of `families`; at most one that moves data per permutation. */
export function layoutOptions(
  reference: ShapesByCase,
  candidate: ShapesByCase,
  families: readonly LayoutFamily[],
): LayoutOption[] {
  const cases = Object.keys(candidate).filter((id) => reference[id] !== undefined);
  const shapes = cases.map((id): readonly [readonly number[], readonly number[]] => [
    reference[id] ?? [],
    candidate[id] ?? [],
  ]);
  if (shapes.length === 0 || shapes.some(([from, to]) => elementCount(from) !== elementCount(to))) return [];
  const same = families.includes("same") ? inSameOrder(shapes) : null;
  const turned = families.flatMap((family) =>
    conventionPermutations(family).flatMap((permute): LayoutOption[] => {
      const layout = inOrder(shapes, permute);
      return layout === null ? [] : [{ family, layout, neutral: shapes.every((pair) => movesNothing(pair, layout)) }];
    }),
  );
  const moving = turned.filter((one) => !one.neutral);
  return same === null
    ? moving
    : [{ family: "same", layout: same, neutral: turned.some((one) => one.neutral) }, ...moving];
}

type ShapePair = readonly [reference: readonly number[], candidate: readonly number[]];

function inSameOrder(shapes: readonly ShapePair[]): Layout | null {
  let reshape: readonly number[] | null = null;
  for (const [from, to] of shapes) {
    if (sameShape(from, to)) continue;
    if (elementCount(to) === 0 || !keepsOrder(from, to)) return null;
    reshape ??= to;
  }
  return reshape === null ? SAME_LAYOUT : { permute: null, reshape };
}

/**
 * The reference under one order of axes. It has these axes itself, and what the candidate merges of them stays merged; or
 * the candidate has them, and the reference is split into them first.
 */
function inOrder(shapes: readonly ShapePair[], permute: readonly number[]): Layout | null {
  const rank = permute.length;
  if (shapes.some(([, to]) => elementCount(to) === 0)) return null;
  if (shapes.every(([from]) => from.length === rank)) {
    let reshape: readonly number[] | null = null;
    for (const [from, to] of shapes) {
      const turned = permute.map((axis) => from[axis] ?? 1);
      if (sameShape(turned, to)) continue;
      if (!keepsAxis(turned, to, permute.indexOf(rank - 1))) return null;
      reshape ??= to;
    }
    return { permute, reshape };
  }
  const first = shapes[0];
  if (first === undefined || !shapes.every(([from, to]) => to.length === rank && from.length < rank)) return null;
  const splits = shapes.every(([from, to]) => keepsOrder(from, beforePermute(to, permute)));
  return splits ? { reshapeFirst: beforePermute(first[1], permute), permute, reshape: null } : null;
}

/** The shape that a permutation turns into `shape`. */
function beforePermute(shape: readonly number[], permute: readonly number[]): number[] {
  const before: number[] = new Array(permute.length).fill(1);
  permute.forEach((axis, i) => {
    before[axis] = shape[i] ?? 1;
  });
  return before;
}

/** Whether the layout's permutation leaves every element where it is, in this case. */
function movesNothing([from, to]: ShapePair, { permute, reshapeFirst }: Layout): boolean {
  const shape = reshapeFirst && permute !== null ? beforePermute(to, permute) : from;
  const moved = (permute ?? []).filter((axis) => (shape[axis] ?? 1) > 1);
  return moved.every((axis, i) => i === 0 || axis > (moved[i - 1] ?? 0));
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** Whether one shape is the other with neighbouring axes merged, the channels kept apart, and axes of 1 aside. */
function keepsOrder(a: readonly number[], b: readonly number[]): boolean {
  if (elementCount(a) !== elementCount(b)) return false;
  // A tensor without channels (one value per position) ends in an axis of 1 on both sides.
  if (a.at(-1) !== b.at(-1) && lastSize(a) !== lastSize(b)) return false;
  return merges(a, b);
}

/** As `keepsOrder`, where the channels are the given axis of `a`. */
function keepsAxis(a: readonly number[], b: readonly number[], axis: number): boolean {
  if (elementCount(a) !== elementCount(b) || !merges(a, b)) return false;
  const bounds = b.map((_, i) => elementCount(b.slice(i + 1)));
  const inside = elementCount(a.slice(axis + 1));
  return bounds.includes(inside) && [...bounds, elementCount(b)].includes(inside * (a[axis] ?? 1));
}

function merges(a: readonly number[], b: readonly number[]): boolean {
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

/**
 * The layout of a pair for one case: a reshape goes to that case's own shape. Of a reshape before the permutation all axes
 * but the batch are the model's own, unless the candidate has the same axes and tells them.
 */
export function layoutForCase(layout: Layout, candidateShape: readonly number[]): Layout {
  const { permute, reshape, reshapeFirst } = layout;
  const own = reshape === null ? null : candidateShape;
  if (reshapeFirst === undefined || reshapeFirst === null || permute === null)
    return reshape === null ? layout : { permute, reshape: own };
  const rest = reshapeFirst.slice(1);
  const batch = elementCount(candidateShape) / Math.max(1, elementCount(rest));
  const first = reshape === null ? beforePermute(candidateShape, permute) : [batch, ...rest];
  return { permute, reshape: own, reshapeFirst: first };
}

/**
 * Whether a parameter can hold a variable as far as shapes tell: the same sizes in any order, axes of 1 aside, or two
 * neighbouring axes of the one (a depthwise kernel's channels and multiplier) merged in the other.
 */
export function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  if (elementCount(a) !== elementCount(b)) return false;
  const merged = (shape: readonly number[]): number[] => [
    ...shape.slice(0, -2),
    (shape.at(-2) ?? 1) * (shape.at(-1) ?? 1),
  ];
  const mayMerge = a.length === b.length && a.length >= 3;
  return (
    sortedSizes(a) === sortedSizes(b) ||
    (mayMerge && b[1] === 1 && sortedSizes(merged(a)) === sortedSizes(b)) ||
    (mayMerge && a[1] === 1 && sortedSizes(merged(b)) === sortedSizes(a))
  );
}

function sortedSizes(shape: readonly number[]): string {
  return shape
    .filter((size) => size !== 1)
    .sort((x, y) => x - y)
    .join(" ");
}
