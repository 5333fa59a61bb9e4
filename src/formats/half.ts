/**
 * 16- and 8-bit floating-point numbers to float32 (exact) and back (rounded to nearest, ties to even). Bit layouts:
 * float16 and float8_e5m2 after IEEE 754; bfloat16 is the upper half of a float32; float8_e4m3fn after "FP8 Formats for
 * Deep Learning" (Micikevicius et al., 2022): no infinities, only S.1111.111 is NaN. All are read from bit patterns.
 */

/** Layout of a small format: sign, exponent, fraction. */
interface SmallFloat {
  readonly exponentBits: number;
  readonly fractionBits: number;
  /** False for e4m3fn, whose largest exponent holds numbers. */
  readonly hasInfinity: boolean;
}

const FLOAT16: SmallFloat = { exponentBits: 5, fractionBits: 10, hasInfinity: true };
const E5M2: SmallFloat = { exponentBits: 5, fractionBits: 2, hasInfinity: true };
const E4M3FN: SmallFloat = { exponentBits: 4, fractionBits: 3, hasInfinity: false };

// Tables are made at first use: 256 KB for float16, 1 KB each for the others.
let float16Table: Uint32Array | undefined;
let e4m3fnTable: Uint32Array | undefined;
let e5m2Table: Uint32Array | undefined;

/** Widens float16 bit patterns. `out` has at least as many elements as `bits`. NaN payloads are kept. */
export function float16ToFloat32(bits: Uint16Array, out: Float32Array): void {
  float16Table ??= makeTable(FLOAT16);
  widen(bits, out, float16Table);
}

/** Widens float8_e4m3fn bit patterns. `out` has at least as many elements as `bits`. */
export function float8E4m3fnToFloat32(bits: Uint8Array, out: Float32Array): void {
  e4m3fnTable ??= makeTable(E4M3FN);
  widen(bits, out, e4m3fnTable);
}

/** Widens float8_e5m2 bit patterns. `out` has at least as many elements as `bits`. */
export function float8E5m2ToFloat32(bits: Uint8Array, out: Float32Array): void {
  e5m2Table ??= makeTable(E5M2);
  widen(bits, out, e5m2Table);
}

/** Widens bfloat16 bit patterns. `out` has at least as many elements as `bits`. NaN payloads are kept. */
export function bfloat16ToFloat32(bits: Uint16Array, out: Float32Array): void {
  const words = wordsOf(out, bits.length);
  for (let i = 0; i < bits.length; i += 1) words[i] = (bits[i] ?? 0) << 16;
}

/** Rounds to bfloat16, nearest with ties to even; beyond the range to infinity. `out` is at least as long as `values`. */
export function float32ToBfloat16(values: Float32Array, out: Uint16Array): void {
  checkRoom(out.length, values.length);
  const words = wordsOf(values, values.length);
  for (let i = 0; i < values.length; i += 1) {
    const word = words[i] ?? 0;
    // A NaN stays one: its quiet bit is set so that cutting the payload cannot leave infinity.
    if ((word & 0x7fff_ffff) > 0x7f80_0000) out[i] = (word >>> 16) | 0x0040;
    else out[i] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
}

/** Rounds to float16, nearest with ties to even; beyond the range to infinity. `out` is at least as long as `values`. */
export function float32ToFloat16(values: Float32Array, out: Uint16Array): void {
  checkRoom(out.length, values.length);
  const words = wordsOf(values, values.length);
  for (let i = 0; i < values.length; i += 1) out[i] = narrowToFloat16(words[i] ?? 0);
}

function narrowToFloat16(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  // 0x477ff000 is 65520, half-way between the largest float16 and the next power of two: ties go to infinity.
  if (magnitude >= 0x477f_f000) return sign | 0x7c00;
  // From 2^-14 on float16 is normal: re-bias the exponent by 127 - 15 and round off 13 bits; carries run into the exponent.
  if (magnitude >= 0x3880_0000) {
    const rebiased = magnitude - (112 << 23);
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  // At most half the smallest subnormal, 2^-25: ties to even give zero.
  if (magnitude <= 0x3300_0000) return sign;
  // Subnormal: the significand, hidden bit included, in units of 2^-24.
  const shift = 126 - (magnitude >>> 23);
  const significand = (magnitude & 0x007f_ffff) | 0x0080_0000;
  const half = 1 << (shift - 1);
  const kept = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const up = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  return sign | (kept + up);
}

/** float32 bit patterns of all patterns of a small format. */
function makeTable({ exponentBits, fractionBits, hasInfinity }: SmallFloat): Uint32Array {
  const exponentMask = (1 << exponentBits) - 1;
  const fractionMask = (1 << fractionBits) - 1;
  const bias = exponentMask >>> 1;
  const table = new Uint32Array(1 << (1 + exponentBits + fractionBits));
  const value = new Float32Array(table.buffer);
  for (let pattern = 0; pattern < table.length; pattern += 1) {
    const negative = pattern >>> (exponentBits + fractionBits) === 1;
    const exponent = (pattern >>> fractionBits) & exponentMask;
    const fraction = pattern & fractionMask;
    const special = exponent === exponentMask && (hasInfinity || fraction === fractionMask);
    if (special) {
      table[pattern] = ((negative ? 0xff80_0000 : 0x7f80_0000) | (fraction << (23 - fractionBits))) >>> 0;
      continue;
    }
    const scaled = exponent === 0 ? fraction * 2 ** (1 - bias) : (fraction + fractionMask + 1) * 2 ** (exponent - bias);
    value[pattern] = (negative ? -scaled : scaled) * 2 ** -fractionBits;
  }
  return table;
}

function widen(bits: Uint16Array | Uint8Array, out: Float32Array, table: Uint32Array): void {
  // Written as integers: moving a NaN as a float may change its payload.
  const words = wordsOf(out, bits.length);
  for (let i = 0; i < bits.length; i += 1) words[i] = table[bits[i] ?? 0] ?? 0;
}

function wordsOf(values: Float32Array, needed: number): Uint32Array {
  checkRoom(values.length, needed);
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function checkRoom(room: number, needed: number): void {
  if (room < needed) throw new RangeError(`room for ${room} numbers, but ${needed} are converted`);
}
