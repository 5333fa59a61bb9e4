/** Neighbouring axes of a row-major tensor that stay neighbours, joined; axes of size 1 dropped. The same permutation. */
export interface JoinedPermutation {
  /** Sizes in the source's order. */
  readonly shape: readonly number[];
  readonly permute: readonly number[];
}

/** Brings a permutation to the fewest axes that describe it. An identity becomes one axis (or none, for one element). */
export function joinAxes(shape: readonly number[], permute: readonly number[]): JoinedPermutation {
  const axes = permute.filter((axis) => shape[axis] !== 1);
  const kept = [...axes].sort((a, b) => a - b);
  const groups: { first: number; last: number; size: number }[] = [];
  for (const axis of axes) {
    const place = kept.indexOf(axis);
    const size = shape[axis] ?? 1;
    const group = groups.at(-1);
    if (group !== undefined && group.last === place - 1) {
      group.last = place;
      group.size *= size;
    } else groups.push({ first: place, last: place, size });
  }
  const inSourceOrder = [...groups].sort((a, b) => a.first - b.first);
  return {
    shape: inSourceOrder.map((group) => group.size),
    permute: groups.map((group) => inSourceOrder.indexOf(group)),
  };
}

type Elements = Int32Array | Uint16Array | Uint8Array;

/** A square of this many elements on each side stays in the first-level cache while it is turned. */
const TILE = 16;

/**
 * Copies `source` (row-major, `shape`) to `target` so that axis `permute[i]` becomes axis i. `bytesPerElement` is 1, 2, 4 or
 * 8. Both buffers hold the tensor at their start and may be longer.
 */
export function permuteBytes(
  source: ArrayBuffer,
  target: ArrayBuffer,
  shape: readonly number[],
  permute: readonly number[],
  bytesPerElement: number,
): void {
  if (bytesPerElement === 8) {
    // Two 4-byte halves that stay together: no number type of JavaScript carries 8 bytes unchanged and fast.
    permuteBytes(source, target, [...shape, 2], [...permute, permute.length], 4);
    return;
  }
  const elements = (buffer: ArrayBuffer): Elements =>
    bytesPerElement === 4
      ? new Int32Array(buffer)
      : bytesPerElement === 2
        ? new Uint16Array(buffer)
        : new Uint8Array(buffer);
  permuteElements(elements(source), elements(target), joinAxes(shape, permute));
}

interface Axis {
  readonly size: number;
  readonly sourceStride: number;
  readonly targetStride: number;
}

function permuteElements(source: Elements, target: Elements, { shape, permute }: JoinedPermutation): void {
  const sourceStrides = stridesOf(shape);
  const targetStrides = stridesOf(permute.map((axis) => shape[axis] ?? 1));
  const axes: Axis[] = permute.map((axis, i) => ({
    size: shape[axis] ?? 1,
    sourceStride: sourceStrides[axis] ?? 1,
    targetStride: targetStrides[i] ?? 1,
  }));
  const row = axes.pop();
  if (row === undefined) {
    target[0] = source[0] ?? 0;
    return;
  }
  // The axis along which the source is contiguous is walked in tiles together with the target's last axis.
  const fast = axes.findIndex((axis) => axis.sourceStride === 1);
  const column = fast < 0 ? undefined : axes.splice(fast, 1)[0];
  for (const [from, to] of offsets(axes)) {
    if (column === undefined) copyRow(source, target, from, to, row.size);
    else turn(source, target, from, to, row, column);
  }
}

function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of [...shape].reverse()) {
    strides.unshift(stride);
    stride *= size;
  }
  return strides;
}

/** Source and target offset of every combination of indices along `axes`. */
function* offsets(axes: readonly Axis[], from = 0, to = 0): Generator<readonly [number, number]> {
  const [axis, ...inner] = axes;
  if (axis === undefined) {
    yield [from, to];
    return;
  }
  for (let i = 0; i < axis.size; i++) {
    yield* offsets(inner, from + i * axis.sourceStride, to + i * axis.targetStride);
  }
}

function copyRow(source: Elements, target: Elements, from: number, to: number, size: number): void {
  if (size > 32) target.set(source.subarray(from, from + size), to);
  else for (let i = 0; i < size; i++) target[to + i] = source[from + i] ?? 0;
}

function turn(source: Elements, target: Elements, from: number, to: number, row: Axis, column: Axis): void {
  for (let j0 = 0; j0 < column.size; j0 += TILE) {
    const j1 = Math.min(j0 + TILE, column.size);
    for (let i0 = 0; i0 < row.size; i0 += TILE) {
      const i1 = Math.min(i0 + TILE, row.size);
      for (let j = j0; j < j1; j++) {
        const start = to + j * column.targetStride;
        let read = from + j + i0 * row.sourceStride;
        for (let i = i0; i < i1; i++) {
          target[start + i] = source[read] ?? 0;
          read += row.sourceStride;
        }
      }
    }
  }
}
