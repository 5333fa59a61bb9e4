import { bytesPerElement, elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { joinAxes } from "./permute.js";
import type { Layout } from "./types.js";

/** Read at once when nothing has to be turned: large enough for full speed, small enough not to show in memory. */
const BLOCK_BYTES = 4 * 2 ** 20;
/** A tensor that has to be turned is held whole, both sides of it; larger ones are left to the full comparison. */
const MAX_TURNED_BYTES = 64 * 2 ** 20;
/** Elements of a square tile that fits the first-level cache twice (32 × 32 × 4 bytes × 2 = 8 KiB). */
const TILE = 32;

/**
 * Whether two tensors hold the same bits under a layout, at the speed of reading them: the common case of weights that
 * were copied. True is certain. False says only that this way could not show it: other bits (−0 for 0 among them),
 * another dtype, or a permutation that is more than a transposition of 32-bit elements.
 */
export function haveSameBytes(reference: LazyTensor, candidate: LazyTensor, layout: Layout): boolean {
  if (
    reference.dtype !== candidate.dtype ||
    reference.byteLength !== candidate.byteLength ||
    reference.dtype === "string"
  )
    return false;
  const turned = layout.permute === null ? null : joinAxes(reference.shape, layout.permute);
  if (turned === null || turned.permute.length <= 1) return sameInOrder(reference, candidate);
  const [rows, columns] = turned.shape;
  const isTransposition = turned.permute.length === 2 && rows !== undefined && columns !== undefined;
  if (!isTransposition || bytesPerElement(reference.dtype) !== 4 || reference.byteLength > MAX_TURNED_BYTES)
    return false;
  return sameTransposed(words(reference, "a"), words(candidate, "b"), rows, columns);
}

function sameInOrder(reference: LazyTensor, candidate: LazyTensor): boolean {
  const size = Math.min(BLOCK_BYTES, reference.byteLength);
  const a = Buffer.allocUnsafe(size);
  const b = Buffer.allocUnsafe(size);
  for (let at = 0; at < reference.byteLength; at += size) {
    const length = Math.min(size, reference.byteLength - at);
    reference.read(a.subarray(0, length), at);
    candidate.read(b.subarray(0, length), at);
    if (a.compare(b, 0, length, 0, length) !== 0) return false;
  }
  return true;
}

/** Memory that is used again: fresh arrays of a kernel's size cost as much as reading into them. One per side. */
const scratch: { a: Uint32Array<ArrayBuffer>; b: Uint32Array<ArrayBuffer> } = {
  a: new Uint32Array(0),
  b: new Uint32Array(0),
};

function words(tensor: LazyTensor, side: "a" | "b"): Uint32Array {
  const count = elementCount(tensor.shape);
  if (scratch[side].length < count) scratch[side] = new Uint32Array(count);
  const values = scratch[side];
  tensor.read(new Uint8Array(values.buffer, 0, tensor.byteLength), 0);
  return values;
}

/** `a` is rows × columns, `b` columns × rows. Tile by tile, for a whole column of a large matrix does not fit the cache. */
function sameTransposed(a: Uint32Array, b: Uint32Array, rows: number, columns: number): boolean {
  for (let row = 0; row < rows; row += TILE) {
    const lastRow = Math.min(row + TILE, rows);
    for (let column = 0; column < columns; column += TILE) {
      const lastColumn = Math.min(column + TILE, columns);
      for (let r = row; r < lastRow; r++) {
        let at = r * columns + column;
        for (let other = column * rows + r; other < lastColumn * rows; other += rows) {
          if (a[at++] !== b[other]) return false;
        }
      }
    }
  }
  return true;
}
