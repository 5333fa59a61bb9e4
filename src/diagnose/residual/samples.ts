import type { TensorValue } from "../situation.js";

/** Elements that are looked at: enough to tell functions apart, few enough to try hundreds of them. */
const MOST_SAMPLES = 1024;

/**
 * Flat indices of at most 1024 elements, spread over a tensor of `count` elements. All of them where it is small. The stride
 * is made prime to small sizes, so that every channel and every position is met.
 */
export function sampleIndices(count: number): number[] {
  if (count <= MOST_SAMPLES) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: MOST_SAMPLES }, (_, i) =>
    Math.floor((i * count) / MOST_SAMPLES + ((i * 7919) % 97) / 97),
  );
}

/** The elements at flat indices. */
export function pick(value: TensorValue, indices: readonly number[]): Float64Array {
  return Float64Array.from(indices, (at) => value.data[at] ?? Number.NaN);
}

/**
 * The elements that stand at flat indices once the axes are permuted: `order[i]` is the tensor's axis that becomes axis i
 * (numpy's transpose).
 */
export function pickPermuted(value: TensorValue, order: readonly number[], indices: readonly number[]): Float64Array {
  const strides = value.shape.map((_, axis) => value.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = order.map((axis) => value.shape[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 0);
  return Float64Array.from(indices, (flat) => {
    let rest = flat;
    let at = 0;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis] ?? 1;
      at += (rest % size) * (steps[axis] ?? 0);
      rest = Math.floor(rest / size);
    }
    return value.data[at] ?? Number.NaN;
  });
}
