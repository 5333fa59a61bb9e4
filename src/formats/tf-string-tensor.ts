import { type ErrorPlace, formatError } from "../errors.js";
import { crc32c, maskCrc } from "./crc32c.js";

export interface StringTensor {
  readonly values: readonly Uint8Array[];
  /** Masked CRC-32C of the tensor, to be held against its entry's. */
  readonly crc: number;
}

/**
 * Decodes the bytes of a string tensor as a bundle stores it: the length of every element as a varint, the masked
 * CRC-32C of the lengths (each as a 32-bit word, or 64-bit where it needs more), then all elements. Throws
 * FORMAT_INVALID at `where` when the parts do not add up or the lengths' own checksum does not fit.
 */
export function decodeStringTensor(
  bytes: Uint8Array,
  count: number,
  bigEndian: boolean,
  where: ErrorPlace,
): StringTensor {
  const fail = (what: string) =>
    formatError(`${where.file}: the string tensor ${where.key}: ${what}`, where, "Copy the file again.");
  const lengths: number[] = [];
  let at = 0;
  let sum = 0;
  for (let index = 0; index < count; index++) {
    let length = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw fail(`its ${bytes.length} bytes end inside the length of element ${index}`);
      length += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(length)) throw fail(`element ${index} has a length over 2^53`);
      if (byte < 0x80) break;
    }
    lengths.push(length);
    sum = crc32c(lengthWord(length, bigEndian), sum);
  }
  if (at + 4 > bytes.length) throw fail(`its ${bytes.length} bytes end before the checksum of the lengths`);
  const storedBytes = bytes.subarray(at, at + 4);
  const stored = new DataView(storedBytes.buffer, storedBytes.byteOffset, 4).getUint32(0, !bigEndian);
  if (stored !== maskCrc(sum)) throw fail("the checksum of its lengths does not fit: the bytes are damaged");
  sum = crc32c(storedBytes, sum);
  at += 4;
  const values = lengths.map((length, index) => {
    if (at + length > bytes.length)
      throw fail(`element ${index} of ${length} bytes runs past its ${bytes.length} bytes`);
    const value = bytes.subarray(at, at + length);
    at += length;
    return value;
  });
  return { values, crc: maskCrc(crc32c(bytes.subarray(at - lengths.reduce((a, b) => a + b, 0), at), sum)) };
}

function lengthWord(length: number, bigEndian: boolean): Uint8Array {
  const wide = length > 0xffffffff;
  const word = new DataView(new ArrayBuffer(wide ? 8 : 4));
  if (wide) word.setBigUint64(0, BigInt(length), !bigEndian);
  else word.setUint32(0, length, !bigEndian);
  return new Uint8Array(word.buffer);
}
