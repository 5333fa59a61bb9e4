import { ParityError } from "../errors.js";
import { bytesPerElement, elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { joinAxes, permuteBytes } from "./permute.js";
import { readBox } from "./strip.js";
import type { Layout } from "./types.js";

/** A strip and its permuted copy are in memory together: 2 × 96 MiB at most. */
const STRIP_BYTES = 96 * 2 ** 20;

/** "[2, 3]", as shapes are printed in messages. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/**
 * The reference as the candidate lays it out: a tensor that is read like any other. Without a permutation it is the same
 * bytes under another shape. With one, strips of the tensor are read and turned as they are asked for, so that memory stays
 * under 200 MiB whatever its size; reading front to back reads every byte once.
 *
 * @param stripBytes for tests: the size from which a tensor is turned in parts
 * @throws ParityError INPUTS_INVALID when the layout does not fit the tensor's shape
 */
export function applyLayout(tensor: LazyTensor, layout: Layout, stripBytes: number = STRIP_BYTES): LazyTensor {
  const { reshapeFirst, ...rest } = layout;
  if (reshapeFirst !== undefined && reshapeFirst !== null) {
    return applyLayout(applyLayout(tensor, { permute: null, reshape: reshapeFirst }), rest, stripBytes);
  }
  const permuted = permuteShape(tensor, layout.permute);
  const shape = layout.reshape ?? permuted;
  if (elementCount(shape) !== elementCount(tensor.shape)) {
    throw new ParityError(
      "INPUTS_INVALID",
      `${tensor.name}: shape ${showShape(tensor.shape)} cannot be reshaped to ${showShape(shape)}`,
      { where: { file: tensor.location.file, key: tensor.name }, hint: "Correct the layout of this pair in the map." },
    );
  }
  const joined = layout.permute === null ? null : joinAxes(tensor.shape, layout.permute);
  const turned = joined !== null && joined.permute.length > 1 && tensor.byteLength > 0;
  const source = tensor.read.bind(tensor);
  return {
    name: tensor.name,
    dtype: tensor.dtype,
    shape,
    byteLength: tensor.byteLength,
    location: tensor.location,
    read: turned ? stripReader(tensor, joined.shape, joined.permute, stripBytes) : source,
  };
}

function permuteShape(tensor: LazyTensor, permute: readonly number[] | null): readonly number[] {
  if (permute === null) return tensor.shape;
  const axes = [...permute].sort((a, b) => a - b);
  if (axes.length !== tensor.shape.length || axes.some((axis, i) => axis !== i)) {
    throw new ParityError(
      "INPUTS_INVALID",
      `${tensor.name}: ${showShape(permute)} is not a permutation of the ${tensor.shape.length} axes of shape ${showShape(tensor.shape)}`,
      { where: { file: tensor.location.file, key: tensor.name }, hint: "Correct the layout of this pair in the map." },
    );
  }
  return permute.map((axis) => tensor.shape[axis] ?? 1);
}

/** `read` of the permuted tensor. A strip is a range of one candidate axis, all of the axes behind it, one index of those before. */
function stripReader(
  tensor: LazyTensor,
  shape: readonly number[],
  permute: readonly number[],
  stripBytes: number,
): LazyTensor["read"] {
  const width = bytesPerElement(tensor.dtype);
  const sizes = permute.map((axis) => shape[axis] ?? 1);
  let axis = 0;
  let inner = elementCount(sizes.slice(1));
  while (axis < sizes.length - 1 && inner * width > stripBytes) {
    axis++;
    inner /= sizes[axis] ?? 1;
  }
  const size = sizes[axis] ?? 1;
  const step = Math.max(1, Math.min(size, Math.floor(stripBytes / (inner * width))));
  const room = step * inner * width;
  let buffers: { readonly box: ArrayBuffer; readonly turned: ArrayBuffer } | undefined;
  let strip: Uint8Array = new Uint8Array(0);
  let stripStart = 0;

  const load = (element: number): void => {
    const along = Math.floor(element / inner);
    const from = (along % size) - ((along % size) % step);
    const length = Math.min(step, size - from);
    const start: number[] = new Array(sizes.length).fill(0);
    const boxSize = [...shape];
    let outer = Math.floor(along / size);
    stripStart = (outer * size + from) * inner * width;
    for (let i = axis - 1; i >= 0; i--) {
      const source = permute[i] ?? 0;
      start[source] = outer % (sizes[i] ?? 1);
      boxSize[source] = 1;
      outer = Math.floor(outer / (sizes[i] ?? 1));
    }
    start[permute[axis] ?? 0] = from;
    boxSize[permute[axis] ?? 0] = length;
    // Taken once and used again for every strip: waiting for the collector would double what is in memory.
    buffers ??= { box: new ArrayBuffer(room), turned: new ArrayBuffer(room) };
    const bytes = length * inner * width;
    readBox(tensor, shape, width, { start, size: boxSize }, new Uint8Array(buffers.box, 0, bytes));
    permuteBytes(buffers.box, buffers.turned, boxSize, permute, width);
    strip = new Uint8Array(buffers.turned, 0, bytes);
  };

  return (target, byteOffset) => {
    for (let filled = 0; filled < target.length; ) {
      const at = byteOffset + filled;
      if (at < stripStart || at >= stripStart + strip.length) load(Math.floor(at / width));
      const part = strip.subarray(at - stripStart, at - stripStart + target.length - filled);
      target.set(part, filled);
      filled += part.length;
    }
  };
}
