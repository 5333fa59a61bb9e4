import type { LazyTensor } from "../formats/types.js";

/** A box of a tensor: for every axis where it starts and how far it goes. */
export interface Box {
  readonly start: readonly number[];
  readonly size: readonly number[];
}

/** Runs closer together than this are cheaper to read with what lies between them than one by one (a read costs 1–2 µs). */
const NEAR = 8192;
const PAGE = 1 << 20;

/** Reads a box of a row-major tensor of `shape` into `target`, contiguous and in the tensor's own order. */
export function readBox(
  tensor: LazyTensor,
  shape: readonly number[],
  bytesPerElement: number,
  box: Box,
  target: Uint8Array,
): void {
  // Trailing axes that the box covers whole are one run together with the axis before them.
  let runAxis = shape.length - 1;
  let inner = bytesPerElement;
  while (runAxis > 0 && box.size[runAxis] === shape[runAxis]) {
    inner *= shape[runAxis] ?? 1;
    runAxis--;
  }
  const run = (box.size[runAxis] ?? 1) * inner;
  const pitch = (shape[runAxis] ?? 1) * inner;
  const read = pitch <= NEAR && run < pitch ? pagedReader(tensor) : tensor.read.bind(tensor);
  const strides: number[] = new Array(shape.length).fill(inner);
  for (let axis = runAxis - 1; axis >= 0; axis--) strides[axis] = (strides[axis + 1] ?? 0) * (shape[axis + 1] ?? 1);
  const index: number[] = new Array(runAxis).fill(0);
  for (let filled = 0; filled < target.length; filled += run) {
    let offset = (box.start[runAxis] ?? 0) * inner;
    for (let axis = 0; axis < runAxis; axis++) {
      offset += ((box.start[axis] ?? 0) + (index[axis] ?? 0)) * (strides[axis] ?? 0);
    }
    read(target.subarray(filled, filled + run), offset);
    for (let axis = runAxis - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next < (box.size[axis] ?? 1) ? next : 0;
      if (index[axis] !== 0) break;
    }
  }
}

/** Reads small runs out of a page of the tensor that is read whole. */
function pagedReader(tensor: LazyTensor): (target: Uint8Array, offset: number) => void {
  const page = new Uint8Array(Math.min(PAGE, tensor.byteLength));
  let first = 0;
  let end = 0;
  return (target, offset) => {
    if (offset < first || offset + target.length > end) {
      first = offset;
      end = Math.min(offset + page.length, tensor.byteLength);
      tensor.read(page.subarray(0, end - first), first);
    }
    target.set(page.subarray(offset - first, offset - first + target.length));
  };
}
