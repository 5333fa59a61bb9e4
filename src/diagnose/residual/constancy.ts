import type { TensorValue } from "../situation.js";

/** The tensor's slices along one axis: for each index on it the flat indices of its elements. */
export function slicesAlong(shape: readonly number[], axis: number): number[][] {
  const size = shape[axis] ?? 0;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  return Array.from({ length: size }, (_, at) => {
    const flat: number[] = [];
    for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) flat.push((o * size + at) * inner + i);
    return flat;
  });
}

export interface ConstantVector {
  readonly axis: number;
  /** One value for each index on the axis. */
  readonly values: readonly number[];
  /** Largest departure of an element from its vector, over the largest magnitude of the vector. */
  readonly misfit: number;
}

/**
 * The axis along which a tensor is one vector repeated: element [.., i, ..] depends on i alone. The axis that fits best; null
 * when there is nothing that repeats (fewer than two elements for each index).
 */
export function constantVector(value: TensorValue): ConstantVector | null {
  let best: ConstantVector | null = null;
  for (let axis = 0; axis < value.shape.length; axis++) {
    const size = value.shape[axis] ?? 0;
    if (size < 2 || value.data.length < 2 * size) continue;
    const fitted = vectorAlong(value, axis);
    if (best === null || fitted.misfit < best.misfit) best = fitted;
  }
  return best;
}

function vectorAlong(value: TensorValue, axis: number): ConstantVector {
  const size = value.shape[axis] ?? 0;
  const inner = value.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const sums = new Float64Array(size);
  const indexOf = (flat: number): number => Math.floor(flat / inner) % size;
  for (let i = 0; i < value.data.length; i++) {
    const at = indexOf(i);
    sums[at] = (sums[at] as number) + (value.data[i] as number);
  }
  const values = Array.from(sums, (sum) => (sum * size) / value.data.length);
  const largest = Math.max(...values.map(Math.abs));
  let departure = 0;
  for (let i = 0; i < value.data.length; i++)
    departure = Math.max(departure, Math.abs((value.data[i] as number) - (values[indexOf(i)] as number)));
  return { axis, values, misfit: largest === 0 ? Number.POSITIVE_INFINITY : departure / largest };
}
