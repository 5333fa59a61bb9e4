import { type ErrorPlace, formatError } from "../errors.js";

/** A copy element makes at most 64 bytes out of 3; nothing in the format expands more. */
const MAX_EXPANSION = 22;

/**
 * Decompresses one raw Snappy block (no framing): a varint with the decompressed length, then literals and copies.
 * Throws FORMAT_INVALID at `where` when the block ends early, copies from before its start, or does not give exactly
 * the length that it announces; at most `limit` bytes are allocated.
 */
export function decompressSnappy(block: Uint8Array, where: ErrorPlace, limit: number): Uint8Array {
  const fail = (what: string) => formatError(`Corrupt Snappy block: ${what}`, where, "Copy the file again.");
  let at = 0;
  const takeByte = (): number => {
    const byte = block[at++];
    if (byte === undefined) throw fail(`it ends after ${block.length} bytes, in the middle of an element`);
    return byte;
  };
  const takeLittleEndian = (bytes: number): number => {
    let value = 0;
    for (let shift = 0; shift < bytes; shift++) value += takeByte() * 2 ** (8 * shift);
    return value;
  };

  let length = 0;
  for (let shift = 0; ; shift += 7) {
    if (shift > 28) throw fail("its length is not a 32-bit varint");
    const byte = takeByte();
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (length > limit) throw fail(`it announces ${length} bytes; at most ${limit} are accepted`);
  if (length > block.length * MAX_EXPANSION) {
    throw fail(`it announces ${length} bytes, more than ${block.length} compressed bytes can hold`);
  }

  const target = new Uint8Array(length);
  let filled = 0;
  while (at < block.length) {
    const tag = takeByte();
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >>> 2;
      // Tags 60 to 63 say that the length minus one follows in 1 to 4 bytes.
      const size = (short < 60 ? short : takeLittleEndian(short - 59)) + 1;
      if (at + size > block.length) throw fail(`a literal of ${size} bytes runs past the end of the block`);
      if (filled + size > length) throw fail(`it holds more than the ${length} bytes that it announces`);
      target.set(block.subarray(at, at + size), filled);
      at += size;
      filled += size;
      continue;
    }
    const size = kind === 1 ? 4 + ((tag >>> 2) & 7) : (tag >>> 2) + 1;
    const offset = kind === 1 ? ((tag >>> 5) << 8) | takeByte() : takeLittleEndian(kind === 2 ? 2 : 4);
    if (offset === 0 || offset > filled) throw fail(`a copy from ${offset} bytes back, where ${filled} are known`);
    if (filled + size > length) throw fail(`it holds more than the ${length} bytes that it announces`);
    // Source and target may overlap: that is how runs are written, so the copy goes forward byte by byte.
    for (let step = 0; step < size; step++, filled++) target[filled] = target[filled - offset] ?? 0;
  }
  if (filled !== length) throw fail(`it announces ${length} bytes and holds ${filled}`);
  return target;
}
