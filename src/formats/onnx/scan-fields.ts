import { formatError, type ParityError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";

/** A field of a protobuf message, whose value was not read. */
export interface ScannedField {
  readonly field: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wireType: number;
  /** Where the tag begins, and where the value does. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/** A tag and a length take at most 5 and 10 bytes. */
const HEAD_BYTES = 15;

/**
 * The fields of the message that lies in `source` from `start` to `end`, one by one, without reading what they hold: a file
 * of gigabytes is walked through by its lengths. Throws FORMAT_INVALID with the offset of what does not fit.
 */
export function* scanFields(source: ByteSource, start: number, end: number, message: string): Generator<ScannedField> {
  const head = new Uint8Array(HEAD_BYTES);
  for (let at = start; at < end; ) {
    const length = Math.min(HEAD_BYTES, end - at);
    source.read(head.subarray(0, length), at);
    const fail = (what: string): ParityError =>
      formatError(
        `${source.file} at byte ${at}: ${message}: ${what}`,
        { file: source.file, offset: at },
        "The file is cut off, damaged or no ONNX model: fetch or export it again.",
      );
    const tag = readVarint(head, 0, length);
    if (tag === null || tag.value > 2 ** 32) throw fail("a damaged tag");
    const field = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    if (field === 0) throw fail("a damaged tag");
    let valueStart = at + tag.bytes;
    let valueEnd: number;
    if (wireType === 0) {
      const value = readVarint(head, tag.bytes, length);
      if (value === null) throw fail(`field ${field}: a number that does not end`);
      valueEnd = valueStart + value.bytes;
    } else if (wireType === 1) valueEnd = valueStart + 8;
    else if (wireType === 5) valueEnd = valueStart + 4;
    else if (wireType === 2) {
      const size = readVarint(head, tag.bytes, length);
      if (size === null) throw fail(`field ${field}: a length that does not end`);
      valueStart += size.bytes;
      valueEnd = valueStart + size.value;
    } else throw fail(`field ${field}: a group, which ONNX does not use`);
    if (valueEnd > end)
      throw fail(`field ${field} takes ${valueEnd - valueStart} bytes, but its message has ${end - valueStart} left`);
    yield { field, wireType, start: at, valueStart, end: valueEnd };
    at = valueEnd;
  }
}

function readVarint(bytes: Uint8Array, from: number, end: number): { value: number; bytes: number } | null {
  let value = 0;
  for (let index = 0, scale = 1; index < 10 && from + index < end; index += 1, scale *= 128) {
    const byte = bytes[from + index] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, bytes: index + 1 };
  }
  return null;
}
