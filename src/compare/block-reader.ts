import { bytesPerElement } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { decode } from "./decode.js";

/** Reads a tensor block by block as numbers. */
export interface BlockReader {
  /** The raw bytes of the last block. */
  readonly bytes: ArrayBuffer;
  /** Fills the start of `out` with the elements from `first` on. */
  read(first: number, length: number, out: Float32Array | Float64Array): void;
}

/**
 * @param blockLength the largest number of elements asked for at once
 */
export function readBlocks(tensor: LazyTensor, blockLength: number): BlockReader {
  const width = bytesPerElement(tensor.dtype);
  // Numbers of the same type are read where they are wanted: most comparisons need no room of their own.
  let room: ArrayBuffer | null = null;
  const bytesOf = (): ArrayBuffer => {
    room ??= new ArrayBuffer(blockLength * width);
    return room;
  };
  return {
    get bytes() {
      return bytesOf();
    },
    read(first, length, out) {
      if (isSameType(tensor, out)) {
        tensor.read(new Uint8Array(out.buffer, out.byteOffset, length * width), first * width);
        return;
      }
      const bytes = bytesOf();
      tensor.read(new Uint8Array(bytes, 0, length * width), first * width);
      decode(tensor.dtype, bytes, length, out);
    },
  };
}

function isSameType(tensor: LazyTensor, out: Float32Array | Float64Array): boolean {
  return tensor.dtype === (out instanceof Float32Array ? "float32" : "float64");
}
