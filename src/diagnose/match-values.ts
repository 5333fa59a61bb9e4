import type { Agreement, TensorValue } from "./situation.js";

export interface NamedValue {
  readonly name: string;
  readonly value: TensorValue;
}

/** 2⁻²³. */
const EPSILON_32 = 2 ** -23;
/** Error (rms over rms) up to which two tensors inside a layer are the same one: what rounding of one layer leaves. */
const SAME_RMS = 8 * EPSILON_32;
/** The same for the largest error over the largest magnitude. */
const SAME_MAX = 16 * EPSILON_32;
/** Sums of a tensor's values need not agree better than this before the values themselves are looked at. */
const SAME_SUMS = 1e-4;
/** Larger tensors are not sorted in search of another order. */
const MAX_SORTED = 300_000;
const MAX_RANK = 5;
/** A mask's constant is at least this large, and so many times the usual element: beside it all else would count as rounding. */
const LEAST_MASK = 1e3;
const MASK_OVER_MEDIAN = 100;
/** So many elements are sorted to know what is usual. */
const MEDIAN_OF = 1024;

interface Sums {
  readonly count: number;
  readonly absolute: number;
  readonly squares: number;
  readonly least: number;
  readonly greatest: number;
  /** Elements of this size and more are the constants of a mask. */
  readonly limit: number;
}

/**
 * Which tensors of the original are which tensors of the candidate, by their values alone: inside a layer no names
 * correspond. Constant tensors and single numbers are left out, for they equal too much.
 *
 * @param strictness share of the usual bound (at most 1): where the layer itself differs by little, what is called equal
 *   inside of it must differ by much less
 */
export function findAgreements(
  candidate: readonly NamedValue[],
  original: readonly NamedValue[],
  strictness = 1,
): Map<string, Agreement> {
  const byCount = new Map<number, { readonly name: string; readonly value: TensorValue; readonly sums: Sums }[]>();
  for (const { name, value } of original) {
    const sums = sumUp(value.data);
    if (sums === null) continue;
    byCount.set(sums.count, [...(byCount.get(sums.count) ?? []), { name, value, sums }]);
  }
  const sorted = new Map<string, Float64Array>();
  const sort = (side: string, name: string, data: Float64Array): Float64Array => {
    const key = `${side} ${name}`;
    const known = sorted.get(key) ?? Float64Array.from(data).sort();
    sorted.set(key, known);
    return known;
  };
  const found = new Map<string, Agreement>();
  for (const { name, value } of candidate) {
    const sums = sumUp(value.data);
    if (sums === null) continue;
    const alike = (byCount.get(sums.count) ?? []).filter((other) => sumsAgree(sums, other.sums));
    const inOrder = alike.filter((other) => agree(value.data, other.value.data, sums, strictness));
    const same = inOrder.find((other) => lastSize(other.value.shape) === lastSize(value.shape));
    const [first] = inOrder;
    if (same !== undefined || first !== undefined) {
      // A tensor that was only reshaped holds the same values in whatever shape: that says nothing of the shape.
      const how = same === undefined ? "reshaped" : "same";
      found.set(name, { tensor: (same ?? first)?.name ?? "", how, permute: null });
      continue;
    }
    const turned = firstTurned(value, alike, sums, strictness);
    if (turned !== null) {
      found.set(name, turned);
      continue;
    }
    if (sums.count > MAX_SORTED) continue;
    const own = alike.length === 0 ? value.data : sort("candidate", name, value.data);
    const reordered = alike.find((other) =>
      agree(own, sort("original", other.name, other.value.data), sums, strictness),
    );
    if (reordered !== undefined) found.set(name, { tensor: reordered.name, how: "reordered", permute: null });
  }
  return found;
}

/** Size of the last axis longer than 1: the channels, or what a head holds of them. */
function lastSize(shape: readonly number[]): number {
  return shape.findLast((size) => size > 1) ?? 1;
}

function firstTurned(
  value: TensorValue,
  alike: readonly { readonly name: string; readonly value: TensorValue }[],
  sums: Sums,
  strictness: number,
): Agreement | null {
  for (const other of alike) {
    for (const order of ordersBetween(other.value.shape, value.shape)) {
      if (!agreeTurned(value.data, other.value, order, sums, strictness)) continue;
      // In the same shape, axes that changed places are no layout but perhaps the fault: scores of key by query.
      const isLayout = squeeze(other.value.shape) !== squeeze(value.shape);
      return { tensor: other.name, how: isLayout ? "permuted" : "reordered", permute: order };
    }
  }
  return null;
}

function squeeze(shape: readonly number[]): string {
  return shape.filter((size) => size > 1).join();
}

function sumUp(data: Float64Array): Sums | null {
  const limit = maskLimit(data);
  let absolute = 0;
  let squares = 0;
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const x of data) {
    if (!(Math.abs(x) < limit)) continue;
    absolute += Math.abs(x);
    squares += x * x;
    if (x < least) least = x;
    if (x > greatest) greatest = x;
  }
  return least >= greatest ? null : { count: data.length, absolute, squares, least, greatest, limit };
}

/** From what size on an element is a mask's constant (−1e4, −1e9 added to attention scores); Infinity where there is none. */
function maskLimit(data: Float64Array): number {
  if (!data.some((x) => Number.isFinite(x) && Math.abs(x) >= LEAST_MASK)) return Number.POSITIVE_INFINITY;
  const step = Math.max(1, Math.floor(data.length / MEDIAN_OF));
  const sizes: number[] = [];
  for (let i = 0; i < data.length; i += step) {
    const size = Math.abs(data[i] as number);
    // What is masked may be most of the tensor: the usual is the usual of what lies below the least mask.
    if (size > 0 && size < LEAST_MASK) sizes.push(size);
  }
  if (sizes.length === 0) return Number.POSITIVE_INFINITY;
  sizes.sort((a, b) => a - b);
  return Math.max(LEAST_MASK, MASK_OVER_MEDIAN * (sizes[sizes.length >> 1] as number));
}

function sumsAgree(a: Sums, b: Sums): boolean {
  const near = (x: number, y: number, scale: number): boolean => Math.abs(x - y) <= SAME_SUMS * scale;
  const span = Math.max(Math.abs(a.least), Math.abs(a.greatest));
  return (
    near(a.squares, b.squares, a.squares) &&
    near(a.absolute, b.absolute, a.absolute) &&
    near(a.least, b.least, span) &&
    near(a.greatest, b.greatest, span)
  );
}

function withinBound(squaredError: number, largest: number, sums: Sums, strictness: number): boolean {
  const span = Math.max(Math.abs(sums.least), Math.abs(sums.greatest));
  return squaredError <= (SAME_RMS * strictness) ** 2 * sums.squares && largest <= SAME_MAX * strictness * span;
}

function agree(a: Float64Array, b: Float64Array, sums: Sums, strictness: number): boolean {
  let squared = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    const error = Math.abs(x - y);
    // An infinity is like nothing but itself: −inf is not −1e9.
    if (!Number.isFinite(error)) return false;
    if (Math.abs(x) >= sums.limit) {
      if (error > SAME_MAX * strictness * Math.abs(x)) return false;
      continue;
    }
    squared += error * error;
    if (!(error <= largest)) largest = error;
  }
  return withinBound(squared, largest, sums, strictness);
}

/** Whether `a` is `b` with its axes permuted: a's axis i is b's axis `order[i]`, axes of size 1 aside. */
function agreeTurned(
  a: Float64Array,
  b: TensorValue,
  order: readonly number[],
  sums: Sums,
  strictness: number,
): boolean {
  const strides = b.shape.map((_, axis) => b.shape.slice(axis + 1).reduce((x, y) => x * y, 1));
  const sizes = order.map((axis) => b.shape[axis] as number);
  const steps = order.map((axis) => strides[axis] as number);
  const index = sizes.map(() => 0);
  let at = 0;
  let squared = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const error = a[i] === b.data[at] ? 0 : Math.abs((a[i] as number) - (b.data[at] as number));
    if (!Number.isFinite(error)) return false;
    if (!(Math.abs(a[i] as number) >= sums.limit)) {
      squared += error * error;
      if (!(error <= largest)) largest = error;
    } else if (error > SAME_MAX * strictness * Math.abs(a[i] as number)) return false;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      at += steps[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (sizes[axis] as number)) break;
      at -= (steps[axis] as number) * (sizes[axis] as number);
      index[axis] = 0;
    }
  }
  return withinBound(squared, largest, sums, strictness);
}

/** Orders of `from`'s axes longer than 1 that give `to`'s, the plain order left out. Entries are axes of `from`. */
function ordersBetween(from: readonly number[], to: readonly number[]): number[][] {
  const axes = from.flatMap((size, axis) => (size > 1 ? [axis] : []));
  const wanted = to.filter((size) => size > 1);
  if (axes.length !== wanted.length || axes.length < 2 || axes.length > MAX_RANK) return [];
  const orders: number[][] = [];
  const extend = (order: number[]): void => {
    if (order.length === axes.length) {
      if (order.some((axis, i) => axis !== axes[i])) orders.push(order);
      return;
    }
    for (const axis of axes) if (!order.includes(axis) && from[axis] === wanted[order.length]) extend([...order, axis]);
  };
  extend([]);
  return orders;
}
