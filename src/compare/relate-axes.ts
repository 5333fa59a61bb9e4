import { ordersOf } from "./axis-orders.js";
import type { Relation } from "./relation.js";
import { type PlainTensor, stridesOf } from "./undo-steps.js";

/**
 * The same numbers with axes exchanged or run through backwards: every permutation that keeps the shape, with every choice
 * of flipped axes among the spatial ones (all but the first two; a rotation by 180° flips both of a kernel's).
 * Null when none fits. The identity is not tried.
 */
export function relateAxes(stored: PlainTensor, wanted: PlainTensor): Relation | null {
  const { shape } = wanted;
  const rank = shape.length;
  if (rank < 2 || rank > 5) return null;
  const spatial = shape.flatMap((size, axis) => (axis >= 2 && size > 1 ? [axis] : []));
  const flips: number[][] = [[]];
  for (const axis of spatial) flips.push(...flips.map((set) => [...set, axis]));
  const orders = ordersOf(rank).filter((order) => order.every((from, to) => shape[from] === shape[to]));
  // Axes of size 1 may stand anywhere: only orders that move a longer one are something else.
  const seen = new Set<string>();
  const distinct = orders.filter((order) => {
    const key = order.filter((axis) => shape[axis] !== 1).join();
    return !seen.has(key) && seen.add(key);
  });
  const isIdentity = (order: readonly number[]): boolean =>
    order.filter((axis) => shape[axis] !== 1).every((axis, i, kept) => i === 0 || axis > (kept[i - 1] ?? 0));
  for (const permute of distinct.sort((a, b) => moved(a) - moved(b))) {
    for (const flipped of flips) {
      if (isIdentity(permute) && flipped.length === 0) continue;
      if (holds(stored, wanted, permute, flipped)) return describe(permute, flipped, isIdentity(permute));
    }
  }
  return null;
}

function moved(order: readonly number[]): number {
  return order.filter((axis, i) => axis !== i).length;
}

function holds(
  stored: PlainTensor,
  wanted: PlainTensor,
  permute: readonly number[],
  flipped: readonly number[],
): boolean {
  const { shape, values } = stored;
  const strides = stridesOf(wanted.shape);
  const steps = permute.map((axis, i) => (flipped.includes(i) ? -(strides[axis] ?? 0) : (strides[axis] ?? 0)));
  let from = steps.reduce((sum, step, i) => (step < 0 ? sum - step * ((shape[i] ?? 1) - 1) : sum), 0);
  const index = shape.map(() => 0);
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== wanted.values[from]) return false;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      const step = steps[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      if (next < size) {
        index[axis] = next;
        from += step;
        break;
      }
      index[axis] = 0;
      from -= step * (size - 1);
    }
  }
  return true;
}

function describe(permute: readonly number[], flipped: readonly number[], inOrder: boolean): Relation {
  const turned =
    permute.length === 2 ? "transposed" : `with its axes in the order ${permute.join(", ")} (as numpy's transpose)`;
  const back = permute.map((_, i) => permute.indexOf(i));
  const mirrored =
    flipped.length === 2
      ? `rotated by 180° (axes ${flipped.join(" and ")} flipped)`
      : `flipped along axis ${flipped.join(", ")}`;
  return {
    kind: "axes",
    permute,
    flipped,
    description: [...(inOrder ? [] : [turned]), ...(flipped.length === 0 ? [] : [mirrored])].join(" and "),
    undo: [
      ...(flipped.length === 0 ? [] : [{ kind: "flip" as const, axes: flipped }]),
      ...(inOrder ? [] : [{ kind: "permute" as const, axes: back }]),
    ],
  };
}
