import type { Relation, Step } from "./relation.js";

/** A way in which an axis may be laid out otherwise: stored index i holds wanted index `at(i)`. */
export interface AxisOrder {
  readonly at: (index: number) => number;
  readonly relation: Relation;
}

/** Parts that one parameter fuses: q, k, v; k, v; four gates. */
const FUSED = [3, 2, 4];

/** The axis seen as `sizes`, its parts in the order `permute`: numpy's transpose, as steps on the whole tensor. */
function permuteWithin(
  shape: readonly number[],
  axis: number,
  sizes: readonly number[],
  axes: readonly number[],
): Step[] {
  const [before, behind] = [shape.slice(0, axis), shape.slice(axis + 1)];
  return [
    { kind: "reshape", shape: [...before, ...sizes, ...behind] },
    {
      kind: "permute",
      axes: [
        ...before.map((_, i) => i),
        ...axes.map((one) => axis + one),
        ...behind.map((_, i) => axis + sizes.length + i),
      ],
    },
    { kind: "reshape", shape },
  ];
}

/** Wanted index of stored index i where the axis is wanted as `sizes` and stored as those permuted. */
export function permutedIndex(sizes: readonly number[], permute: readonly number[]): (index: number) => number {
  const stride = (axis: number): number => sizes.slice(axis + 1).reduce((a, b) => a * b, 1);
  const strides = permute.map(stride);
  const stored = permute.map((axis) => sizes[axis] ?? 1);
  return (index) => {
    let at = 0;
    let rest = index;
    for (let i = stored.length - 1; i >= 0; i--) {
      const size = stored[i] ?? 1;
      at += (rest % size) * (strides[i] ?? 0);
      rest = Math.floor(rest / size);
    }
    return at;
  };
}

function inverse(permute: readonly number[]): number[] {
  return permute.map((_, i) => permute.indexOf(i));
}

/**
 * The orders in which ports are known to hold an axis of this size other than they should, the likeliest first: heads
 * interleaved, rotary pairs, flattened in another order, backwards. Fused parts that are exchanged are not among them.
 *
 * @param flattened sizes that the axis may have been flattened from, as wanted, such as [height, width, channels]
 */
export function* knownOrders(
  shape: readonly number[],
  axis: number,
  flattened: readonly (readonly number[])[],
): Generator<AxisOrder> {
  const size = shape[axis] ?? 1;
  for (const sizes of flattened) if (product(sizes) === size) yield* flattenOrders(shape, axis, sizes);
  for (const parts of FUSED) {
    if (size % parts !== 0) continue;
    for (const heads of divisors(size / parts)) {
      const each = size / parts / heads;
      if (heads === 1 || each === 1) continue;
      yield headOrder(shape, axis, parts, heads, each, "by-head");
      yield headOrder(shape, axis, parts, heads, each, "by-part");
    }
  }
  for (const heads of divisors(size)) {
    const each = size / heads;
    if (each % 2 !== 0 || each <= 2) continue;
    for (const stored of ["interleaved", "halves"] as const) yield rotaryOrder(shape, axis, heads, stored, [1, 1]);
  }
  if (size % 3 === 0) {
    for (const heads of divisors(size / 3)) {
      const each = size / 3 / heads;
      if (each % 2 !== 0 || each <= 2) continue;
      for (const stored of ["interleaved", "halves"] as const) yield rotaryOrder(shape, axis, heads, stored, [2, 3]);
    }
  }
  for (const first of divisors(size)) {
    if (first > 1 && first < size) yield* flattenOrders(shape, axis, [first, size / first]);
  }
  yield {
    at: (index) => size - 1 - index,
    relation: {
      kind: "reversed",
      axis,
      description: `in reversed order along axis ${axis}`,
      undo: [{ kind: "flip", axes: [axis] }],
    },
  };
}

function headOrder(
  shape: readonly number[],
  axis: number,
  parts: number,
  heads: number,
  size: number,
  stored: "by-head" | "by-part",
): AxisOrder {
  const wanted = stored === "by-head" ? [parts, heads, size] : [heads, parts, size];
  const held = [wanted[1] ?? 1, wanted[0] ?? 1, size];
  return {
    at: permutedIndex(wanted, [1, 0, 2]),
    relation: {
      kind: "head-interleaved",
      axis,
      parts,
      heads,
      size,
      stored,
      description:
        stored === "by-head"
          ? `interleaved per head along axis ${axis}: [${heads} heads, ${parts} parts, ${size}] where [${parts} parts, ${heads} heads, ${size}] is needed`
          : `in ${parts} blocks along axis ${axis}: [${parts} parts, ${heads} heads, ${size}] where they are needed per head, [${heads} heads, ${parts} parts, ${size}]`,
      undo: permuteWithin(shape, axis, held, [1, 0, 2]),
    },
  };
}

function rotaryOrder(
  shape: readonly number[],
  axis: number,
  heads: number,
  stored: "interleaved" | "halves",
  of: readonly [number, number],
): AxisOrder {
  const total = shape[axis] ?? 1;
  const [first, parts] = of;
  const concerned = (total / parts) * first;
  const each = total / parts / heads;
  const wanted = stored === "interleaved" ? [heads * first, 2, each / 2] : [heads * first, each / 2, 2];
  const turned = permutedIndex(wanted, [0, 2, 1]);
  const held = [wanted[0] ?? 1, wanted[2] ?? 1, wanted[1] ?? 1];
  const back = permutedIndex(held, [0, 2, 1]);
  const order = Array.from({ length: total }, (_, i) => (i < concerned ? back(i) : i));
  const where = parts === 1 ? "" : ` in the first ${first} of ${parts} parts`;
  return {
    at: (index) => (index < concerned ? turned(index) : index),
    relation: {
      kind: "rotary-pairs",
      axis,
      heads,
      stored,
      of,
      description:
        stored === "interleaved"
          ? `with the rotary pairs of each of ${heads} heads side by side along axis ${axis}${where}, where they are needed half a head apart`
          : `with the rotary pairs of each of ${heads} heads half a head apart along axis ${axis}${where}, where they are needed side by side`,
      undo: parts === 1 ? permuteWithin(shape, axis, held, [0, 2, 1]) : [{ kind: "select", axis, order }],
    },
  };
}

function* flattenOrders(shape: readonly number[], axis: number, sizes: readonly number[]): Generator<AxisOrder> {
  for (const permute of ordersOf(sizes.length)) {
    if (permute.every((one, i) => one === i)) continue;
    const held = permute.map((one) => sizes[one] ?? 1);
    yield {
      at: permutedIndex(sizes, permute),
      relation: {
        kind: "flatten-order",
        axis,
        sizes,
        permute,
        description: `in the order of [${held.join(", ")}] along axis ${axis}, flattened, where that of [${sizes.join(", ")}] is needed`,
        undo: permuteWithin(shape, axis, held, inverse(permute)),
      },
    };
  }
}

/** All orders of 0 … n−1. */
export function ordersOf(n: number): number[][] {
  if (n === 0) return [[]];
  return ordersOf(n - 1).flatMap((rest) =>
    Array.from({ length: n }, (_, at) => [...rest.slice(0, n - 1 - at), n - 1, ...rest.slice(n - 1 - at)]),
  );
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

/** Divisors in ascending order. */
function divisors(n: number): number[] {
  const small: number[] = [];
  for (let d = 1; d * d <= n; d++) if (n % d === 0) small.push(d);
  const large = small.map((d) => n / d).filter((d) => d * d > n);
  return [...small, ...large.reverse()];
}
