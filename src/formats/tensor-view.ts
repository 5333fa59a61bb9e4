import { swapBytes } from "./byte-order.js";
import { type ByteSource, readBytes } from "./byte-source.js";
import { bytesPerElement, elementCount } from "./dtype.js";
import { gatherRuns } from "./gather.js";
import { MAX_CACHED_SPAN_BYTES } from "./limits.js";
import { copyRuns, planRuns, spanElements } from "./strided.js";
import type { DType, LazyTensor } from "./types.js";

/** Runs of at least this many bytes (a disk page) are read from the file one by one; shorter ones are picked from memory. */
const DIRECT_RUN_BYTES = 4096;

/** A tensor as a window on stored bytes. */
export interface TensorView {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The bytes, of which element [0, …, 0] is the first. */
  readonly source: ByteSource;
  /** Elements from one index to the next, per axis; row-major when absent. */
  readonly strides?: readonly number[];
  readonly bigEndian?: boolean;
  /** Keeps the bytes of the last transposed tensor; one per file, so that reading many tensors holds only one. */
  readonly spanCache?: SpanCache;
}

export interface SpanCache {
  held: { readonly source: ByteSource; readonly bytes: Uint8Array } | undefined;
}

/** A `LazyTensor` that reads the view in row-major, little-endian order. The view must fit its source. */
export function makeTensor(view: TensorView): LazyTensor {
  const { name, dtype, shape, source, bigEndian = false } = view;
  const byteLength = elementCount(shape) * bytesPerElement(dtype);
  const readInFileOrder = view.strides === undefined ? readContiguous(source) : readStrided(view, view.strides);
  return {
    name,
    dtype,
    shape,
    byteLength,
    location: source.origin === undefined ? { file: source.file } : { file: source.file, offset: source.origin },
    read(target, byteOffset) {
      if (byteOffset < 0 || byteOffset + target.byteLength > byteLength) {
        throw new RangeError(
          `read of ${target.byteLength} bytes at ${byteOffset} leaves tensor ${name} (${byteLength} bytes)`,
        );
      }
      if (bigEndian) readSwapped(readInFileOrder, wordBytes(dtype), target, byteOffset);
      else readInFileOrder(target, byteOffset);
    },
  };
}

type Read = (target: Uint8Array, byteOffset: number) => void;

function readContiguous(source: ByteSource): Read {
  return (target, byteOffset) => source.read(target, byteOffset);
}

function readStrided(view: TensorView, strides: readonly number[]): Read {
  const itemBytes = bytesPerElement(view.dtype);
  const plan = planRuns(view.shape, strides, itemBytes);
  const spanBytes = spanElements(view.shape, strides) * itemBytes;
  const { source, spanCache = { held: undefined } } = view;
  if (plan.runBytes >= DIRECT_RUN_BYTES || spanBytes > MAX_CACHED_SPAN_BYTES) {
    return (target, byteOffset) =>
      copyRuns(plan, target.byteLength, byteOffset, (at, length, from) =>
        source.read(target.subarray(at, at + length), from),
      );
  }
  return (target, byteOffset) => {
    if (spanCache.held?.source !== source) {
      spanCache.held = undefined; // let go of the old bytes before the new ones are allocated
      spanCache.held = { source, bytes: readBytes(source, 0, spanBytes) };
    }
    const { bytes } = spanCache.held;
    gatherRuns(plan, bytes, target, byteOffset);
  };
}

/** Bytes of the number that byte order applies to: the halves of a complex number are swapped one by one. */
function wordBytes(dtype: DType): number {
  return dtype === "complex64" || dtype === "complex128" ? bytesPerElement(dtype) / 2 : bytesPerElement(dtype);
}

function readSwapped(read: Read, word: number, target: Uint8Array, byteOffset: number): void {
  const start = Math.floor(byteOffset / word) * word;
  const end = Math.ceil((byteOffset + target.byteLength) / word) * word;
  const whole = start === byteOffset && end - start === target.byteLength;
  const bytes = whole ? target : new Uint8Array(end - start);
  read(bytes, start);
  swapBytes(bytes, word);
  if (!whole) target.set(bytes.subarray(byteOffset - start, byteOffset - start + target.byteLength));
}
