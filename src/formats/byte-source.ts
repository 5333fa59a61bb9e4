import { formatError } from "../errors.js";

/** Bytes that can be read at any position: a file, a part of one, or inflated bytes in memory. */
export interface ByteSource {
  /** The file that the bytes come from, for messages. */
  readonly file: string;
  /** Where the source begins in `file`; undefined when its bytes are not there as they are (compressed). */
  readonly origin: number | undefined;
  readonly size: number;
  /** Fills all of `target` from `position`. Throws a ParityError when the source is shorter. */
  read(target: Uint8Array, position: number): void;
}

/** The part of `source` from `start`, `size` bytes long. Throws a ParityError (FORMAT_INVALID) when it does not fit. */
export function sliceSource(source: ByteSource, start: number, size: number, what: string): ByteSource {
  const origin = source.origin === undefined ? undefined : source.origin + start;
  if (start < 0 || size < 0 || start + size > source.size) {
    throw formatError(
      `${what} should span bytes ${start} to ${start + size}, but there are only ${source.size}`,
      origin === undefined ? { file: source.file } : { file: source.file, offset: origin },
      "The file is truncated or damaged: fetch or write it again.",
    );
  }
  return {
    file: source.file,
    origin,
    size,
    read(target, position) {
      if (position + target.byteLength > size) {
        throw new RangeError(`read of ${target.byteLength} bytes at ${position} leaves a part of ${size} bytes`);
      }
      source.read(target, start + position);
    },
  };
}

/** `size` bytes of `source` from `position`, in a new array. */
export function readBytes(source: ByteSource, position: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  source.read(bytes, position);
  return bytes;
}
