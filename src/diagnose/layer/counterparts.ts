import { pick, pickPermuted, sampleIndices } from "../residual/samples.js";
import type { Situation, TensorValue } from "../situation.js";

/** A tensor of the original that has as many elements as one of the candidate, its samples in the candidate's order. */
export interface Counterpart {
  readonly tensor: string;
  readonly values: Float64Array;
}

/** Axis orders in which frameworks keep the same thing: channels last or first, heads before or after positions. */
const ORDERS: readonly (readonly number[])[] = [
  [1, 0],
  [0, 2, 1],
  [1, 0, 2],
  [0, 3, 1, 2],
  [0, 2, 3, 1],
  [0, 2, 1, 3],
  [0, 4, 1, 2, 3],
];

/** Samples of a tensor of the candidate: the same elements that {@link counterpartsOf} gives. Null when it was not stored. */
export function samplesOf(situation: Situation, tensor: string): Float64Array | null {
  const value = situation.value(tensor);
  return value === null ? null : pick(value, sampleIndices(value.data.length));
}

/**
 * Tensors that the original computes in the stretch and that may be the candidate's tensor of this shape: as many elements,
 * as they are and in the usual orders of axes. In execution order. They only propose; an experiment decides.
 */
export function counterpartsOf(situation: Situation, shape: readonly number[]): Counterpart[] {
  const names = [
    ...new Set([...situation.original.suspects.flatMap((op) => op.outputs), situation.original.region.target]),
  ];
  return names.flatMap((tensor) => orientedSamples(situation, tensor, shape));
}

/** One tensor of the original in every order in which it fits the shape. */
export function orientedSamples(situation: Situation, tensor: string, shape: readonly number[]): Counterpart[] {
  const count = shape.reduce((a, b) => a * b, 1);
  const value = situation.originalValue(tensor);
  if (value === null || value.data.length !== count) return [];
  const indices = sampleIndices(count);
  const found = [{ tensor, values: pick(value, indices) }];
  for (const order of ordersFor(situation, value, shape))
    found.push({ tensor, values: pickPermuted(value, order, indices) });
  return found;
}

function ordersFor(situation: Situation, value: TensorValue, shape: readonly number[]): (readonly number[])[] {
  const known = [
    situation.layer.layout.permute,
    ...[...situation.agreements.values()].map((one) => one.permute),
    ...ORDERS,
  ];
  const wanted = squeezed(shape);
  const seen = new Set<string>();
  return known.flatMap((order) => {
    if (order === null || order.length !== value.shape.length || seen.has(order.join())) return [];
    seen.add(order.join());
    return squeezed(order.map((axis) => value.shape[axis] ?? 0)) === wanted ? [order] : [];
  });
}

function squeezed(shape: readonly number[]): string {
  return shape.filter((size) => size > 1).join();
}
