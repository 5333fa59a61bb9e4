import { elementCount } from "../formats/dtype.js";
import type { PlainTensor } from "./undo-steps.js";

/**
 * One number per index of an axis, equal for slices that hold the same bits of one type (−0 is 0). 52 bits of two multiplicative
 * hashes: among 10⁵ slices two different ones share a number with probability 10⁻⁶, and what is concluded is verified.
 */
export function hashSlices(tensor: PlainTensor, axis: number): Float64Array {
  const { shape, values } = tensor;
  const size = shape[axis] ?? 1;
  const inner = elementCount(shape.slice(axis + 1));
  const outer = size === 0 ? 0 : elementCount(shape) / (size * inner);
  const low = new Uint32Array(size).fill(0x9e3779b9);
  const high = new Uint32Array(size).fill(0x85ebca6b);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4);
  const perElement = values.BYTES_PER_ELEMENT / 4;
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (let index = 0; index < size; index++) {
      let a = low[index] ?? 0;
      let b = high[index] ?? 0;
      for (const end = at + inner * perElement; at < end; at++) {
        // The upper half of a −0 of float64, or a −0 of float32, has this one bit; no other number loses by it.
        const word = words[at] === 0x80000000 ? 0 : (words[at] ?? 0);
        a = Math.imul(a ^ word, 0x01000193);
        a ^= a >>> 15;
        b = Math.imul(b + word, 0xc2b2ae35);
        b ^= b >>> 13;
      }
      low[index] = a;
      high[index] = b;
    }
  }
  return Float64Array.from(low, (value, i) => value + ((high[i] ?? 0) & 0xfffff) * 2 ** 32);
}
