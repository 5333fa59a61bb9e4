/** Castagnoli's polynomial 0x1EDC6F41 with its bits reversed (RFC 3720, appendix B.4). */
const POLYNOMIAL = 0x82f63b78;
/** Added after the rotation when a CRC is stored beside the data that it covers (LevelDB's log format). */
const MASK_DELTA = 0xa282ead8;

/** Table k gives the effect of a byte that k zero bytes follow, so eight look-ups advance by eight bytes. */
function buildTable(previous: Int32Array | undefined, first: Int32Array | undefined): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    if (previous === undefined || first === undefined) {
      let crc = byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
      table[byte] = crc;
    } else {
      const before = previous[byte] ?? 0;
      table[byte] = (first[before & 0xff] ?? 0) ^ (before >>> 8);
    }
  }
  return table;
}

const T0 = buildTable(undefined, undefined);
const T1 = buildTable(T0, T0);
const T2 = buildTable(T1, T0);
const T3 = buildTable(T2, T0);
const T4 = buildTable(T3, T0);
const T5 = buildTable(T4, T0);
const T6 = buildTable(T5, T0);
const T7 = buildTable(T6, T0);

/**
 * CRC-32C of `bytes` as an unsigned 32-bit number. `seed` is the CRC of the bytes before them (0 for none), so a long
 * tensor is summed block by block.
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const end = bytes.length;
  let crc = ~seed;
  let at = 0;
  // The eight-byte steps read whole words and need an aligned start.
  const aligned = Math.min(end, (4 - (bytes.byteOffset & 3)) & 3);
  for (; at < aligned; at++) crc = (T0[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  const pairs = (end - at) >>> 3;
  if (pairs > 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, pairs * 2);
    crc = stepWords(words, crc);
    at += pairs * 8;
  }
  for (; at < end; at++) crc = (T0[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function stepWords(words: Int32Array, start: number): number {
  let crc = start;
  for (let word = 0; word < words.length; word += 2) {
    const a = (words[word] as number) ^ crc;
    const b = words[word + 1] as number;
    crc =
      (T7[a & 0xff] as number) ^
      (T6[(a >>> 8) & 0xff] as number) ^
      (T5[(a >>> 16) & 0xff] as number) ^
      (T4[a >>> 24] as number) ^
      (T3[b & 0xff] as number) ^
      (T2[(b >>> 8) & 0xff] as number) ^
      (T1[(b >>> 16) & 0xff] as number) ^
      (T0[b >>> 24] as number);
  }
  return crc;
}

/** The form in which TensorFlow and LevelDB store a CRC: rotated right by 15 bits, plus a constant. */
export function maskCrc(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** Undoes `maskCrc`. */
export function unmaskCrc(masked: number): number {
  const rotated = (masked - MASK_DELTA) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}
