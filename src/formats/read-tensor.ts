import type { LazyTensor } from "./types.js";

/** All bytes of a tensor (row-major, little-endian) in a new array of `tensor.byteLength` bytes. */
export function readTensor(tensor: LazyTensor): Uint8Array {
  const bytes = new Uint8Array(tensor.byteLength);
  tensor.read(bytes, 0);
  return bytes;
}
