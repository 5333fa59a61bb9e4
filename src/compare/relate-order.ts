import { knownOrders } from "./axis-orders.js";
import type { Relation } from "./relation.js";
import { hashSlices } from "./slice-hashes.js";
import type { PlainTensor } from "./undo-steps.js";

/** Parts that parameters fuse: any order of them is likelier than an order of heads. */
const FEW_BLOCKS = [2, 3, 4];
const MANY_BLOCKS = [6, 8, 12, 16];
/** Of a table this share of the rows must be the wanted ones to be called partly right or shifted. */
const LEAST_COMMON = 0.25;
/** An order that is none of the known ones is only told where the slices can be told apart. */
const LEAST_DISTINCT = 0.5;

/**
 * The same slices in another order along one axis: blocks exchanged (gates, q/k/v), heads interleaved, rotary pairs,
 * flattened in another order, reversed, shifted, or any order. Null when the axis holds other slices.
 */
export function relateOrder(
  stored: PlainTensor,
  wanted: PlainTensor,
  flattened: readonly (readonly number[])[],
): Relation | null {
  for (let axis = 0; axis < Math.min(2, wanted.shape.length); axis++) {
    const own = hashSlices(stored, axis);
    const other = hashSlices(wanted, axis);
    if (own.length < 2 || !sameSet(own, other)) continue;
    const found =
      exchangedBlocks(own, other, axis, wanted.shape, FEW_BLOCKS) ??
      knownOrder(own, other, axis, wanted.shape, flattened) ??
      rolled(own, other, axis) ??
      exchangedBlocks(own, other, axis, wanted.shape, MANY_BLOCKS) ??
      anyOrder(own, other, axis);
    if (found !== null) return found;
  }
  return null;
}

function sameSet(a: Float64Array, b: Float64Array): boolean {
  const [left, right] = [a.toSorted(), b.toSorted()];
  return left.every((value, i) => value === right[i]);
}

function exchangedBlocks(
  own: Float64Array,
  other: Float64Array,
  axis: number,
  shape: readonly number[],
  counts: readonly number[],
): Relation | null {
  for (const count of counts) {
    // One slice per block is any order at all, but for the few that have names.
    if (own.length % count !== 0 || (own.length === count && count > 4)) continue;
    const length = own.length / count;
    const order: number[] = [];
    for (let b = 0; b < count; b++) {
      const fits = (p: number): boolean => {
        if (order.includes(p)) return false;
        for (let i = 0; i < length; i++) if (own[b * length + i] !== other[p * length + i]) return false;
        return true;
      };
      const at = [b, ...Array.from({ length: count }, (_, p) => p)].find(fits);
      if (at === undefined) break;
      order.push(at);
    }
    if (order.length === count) return blocksRelation(shape, axis, order, null);
  }
  return null;
}

/** Blocks along an axis in another order, with a constant added to some. */
export function blocksRelation(
  shape: readonly number[],
  axis: number,
  order: readonly number[],
  offsets: readonly number[] | null,
): Relation {
  const count = order.length;
  const inOrder = order.every((one, i) => one === i);
  const back = order.map((_, i) => order.indexOf(i));
  const split = [...shape.slice(0, axis), count, (shape[axis] ?? 1) / count, ...shape.slice(axis + 1)];
  const moved = inOrder ? [] : [`its ${count} blocks along axis ${axis} in the order ${order.join(", ")}`];
  const added = (offsets ?? []).flatMap((value, b) =>
    value === 0
      ? []
      : [`${showNumber(Math.abs(value))} too ${value > 0 ? "much" : "little"} on block ${b} of ${count}`],
  );
  return {
    kind: "blocks",
    axis,
    count,
    order,
    offsets,
    description: `the wanted values with ${[...moved, ...added].join(" and ")}`,
    undo: [
      { kind: "reshape", shape: split },
      ...(offsets === null ? [] : [{ kind: "add-along" as const, axis, values: offsets.map((value) => -value) }]),
      ...(inOrder ? [] : [{ kind: "select" as const, axis, order: back }]),
      { kind: "reshape", shape },
    ],
  };
}

/** A number as it is read: up to seven significant digits. */
export function showNumber(value: number): string {
  return String(Number(value.toPrecision(7)));
}

function knownOrder(
  own: Float64Array,
  other: Float64Array,
  axis: number,
  shape: readonly number[],
  flattened: readonly (readonly number[])[],
): Relation | null {
  for (const { at, relation } of knownOrders(shape, axis, flattened)) {
    if (own.every((value, i) => value === other[at(i)])) return relation;
  }
  return null;
}

function rolled(own: Float64Array, other: Float64Array, axis: number): Relation | null {
  const size = own.length;
  for (let by = 1; by < size; by++) {
    if (other[by] !== own[0] || !own.every((value, i) => value === other[(i + by) % size])) continue;
    const order = Array.from({ length: size }, (_, i) => (i - by + size) % size);
    return {
      kind: "shifted",
      axis,
      by,
      cyclic: true,
      description: `shifted along axis ${axis}: index i holds index i + ${by}, round the end`,
      undo: [{ kind: "select", axis, order }],
    };
  }
  return null;
}

function anyOrder(own: Float64Array, other: Float64Array, axis: number): Relation | null {
  const size = own.length;
  const places = new Map<number, number[]>();
  other.forEach((hash, i) => {
    places.set(hash, [...(places.get(hash) ?? []), i]);
  });
  if (places.size < Math.max(3, LEAST_DISTINCT * size)) return null;
  const order = Array.from(own, (hash) => places.get(hash)?.shift() ?? -1);
  const back = new Array<number>(size);
  order.forEach((from, i) => {
    back[from] = i;
  });
  const moved = order.filter((from, i) => from !== i).length;
  return {
    kind: "reordered",
    axis,
    order,
    description: `the wanted values in another order along axis ${axis} (${moved} of ${size} indices moved)`,
    undo: [{ kind: "select", axis, order: back }],
  };
}

/**
 * Tables of which only a part is the same: another number of rows, rows that begin elsewhere, rows that differ. The rows
 * are those of the first axis; a row needs two elements or more to be known by. Null where too few are the same.
 */
export function relateRows(stored: PlainTensor, wanted: PlainTensor): Relation | null {
  const [have, need] = [stored.shape[0] ?? 1, wanted.shape[0] ?? 1];
  const width = wanted.shape.slice(1).reduce((a, b) => a * b, 1);
  if (stored.shape.slice(1).join() !== wanted.shape.slice(1).join() || width < 2 || have < 2 || need < 2) return null;
  // A row that is another one begins like it.
  const beginnings = new Set(Array.from({ length: need }, (_, row) => wanted.values[row * width]));
  const possible = Array.from({ length: have }, (_, row) => beginnings.has(stored.values[row * width]));
  const least = Math.max(2, LEAST_COMMON * Math.min(have, need));
  if (possible.filter(Boolean).length < least) return null;
  const own = hashSlices(stored, 0);
  const other = hashSlices(wanted, 0);
  const by = commonShift(own, other);
  const common = countCommon(own, other, by);
  if (common < least) return null;
  if (have !== need) {
    const what = have < need ? "truncated to" : "padded to";
    const from = by === 0 ? "" : `, beginning with wanted row ${by}`;
    return {
      kind: "rows",
      stored: have,
      wanted: need,
      from: by,
      common,
      description: `${what} ${have} rows of ${need}${from} (${common} rows are the wanted ones)`,
      undo: null,
    };
  }
  if (by !== 0) {
    return {
      kind: "shifted",
      axis: 0,
      by,
      cyclic: false,
      description: `shifted: row i holds wanted row i ${by > 0 ? "+" : "−"} ${Math.abs(by)} (${common} of ${need} rows)`,
      undo: null,
    };
  }
  const equal = rangesOf(need, (i) => own[i] === other[i]);
  const share = common / need;
  return {
    kind: "some-rows",
    equal,
    share,
    description: `the wanted ones in ${common} of ${need} rows (${showRanges(equal)}) and others in the rest`,
    undo: null,
  };
}

/** The k for which most rows i of `own` are row i + k of `other`, judged by rows that occur once. 0 where it is as good. */
function commonShift(own: Float64Array, other: Float64Array): number {
  const place = new Map<number, number | null>();
  other.forEach((hash, i) => {
    place.set(hash, place.has(hash) ? null : i);
  });
  const votes = new Map<number, number>();
  own.forEach((hash, i) => {
    const at = place.get(hash);
    if (at !== null && at !== undefined) votes.set(at - i, (votes.get(at - i) ?? 0) + 1);
  });
  let best = 0;
  for (const [by, count] of votes) if (count > (votes.get(best) ?? 0)) best = by;
  return best;
}

function countCommon(own: Float64Array, other: Float64Array, by: number): number {
  return own.reduce((count, hash, i) => (hash === other[i + by] ? count + 1 : count), 0);
}

function rangesOf(size: number, holds: (i: number) => boolean): [number, number][] {
  const ranges: [number, number][] = [];
  for (let i = 0; i < size; i++) {
    if (!holds(i)) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === i) last[1] = i + 1;
    else ranges.push([i, i + 1]);
  }
  return ranges;
}

function showRanges(ranges: readonly (readonly [number, number])[]): string {
  const shown = ranges.slice(0, 3).map(([from, to]) => (to - from === 1 ? `${from}` : `${from}…${to - 1}`));
  return ranges.length > 3 ? `${shown.join(", ")}, …` : shown.join(", ");
}
