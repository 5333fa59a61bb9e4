/**
 * float16 and bfloat16, which Node 20's typed arrays lack. Both directions are exact arithmetic on float64; encoding rounds
 * once, to nearest, ties to even (IEEE 754-2019, 4.3.1).
 */
export interface SmallFloat {
  /** Explicit bits of the fraction. */
  readonly fractionBits: number;
  readonly exponentBits: number;
}

export const FLOAT16: SmallFloat = { fractionBits: 10, exponentBits: 5 };
export const BFLOAT16: SmallFloat = { fractionBits: 7, exponentBits: 8 };

/** The number that 16 bits stand for. */
export function decodeSmallFloat(bits: number, format: SmallFloat): number {
  const { fractionBits, exponentBits } = format;
  const bias = 2 ** (exponentBits - 1) - 1;
  const highest = 2 ** exponentBits - 1;
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> fractionBits) & highest;
  const fraction = bits & (2 ** fractionBits - 1);
  if (exponent === highest) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias);
}

/** The 16 bits nearest to a number; beyond the largest finite value, infinity. */
export function encodeSmallFloat(value: number, format: SmallFloat): number {
  const { fractionBits, exponentBits } = format;
  const bias = 2 ** (exponentBits - 1) - 1;
  const infinity = (2 ** exponentBits - 1) << fractionBits;
  if (Number.isNaN(value)) return infinity | (1 << (fractionBits - 1));
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return sign | infinity;
  const exponent = Math.max(exponentOf(magnitude), 1 - bias);
  const units = roundHalfToEven(magnitude * 2 ** (fractionBits - exponent));
  // A subnormal has units below 2^fractionBits and exponent field 0; rounding up carries into the exponent by itself.
  const bits = units + (exponent + bias - 1) * 2 ** fractionBits;
  return sign | Math.min(bits, infinity);
}

/** ⌊log₂ magnitude⌋, exact; `Math.log2` alone may be off by one beside a power of two. */
function exponentOf(magnitude: number): number {
  if (magnitude === 0) return Number.NEGATIVE_INFINITY;
  let exponent = Math.floor(Math.log2(magnitude));
  if (2 ** exponent > magnitude) exponent -= 1;
  else if (2 ** (exponent + 1) <= magnitude) exponent += 1;
  return exponent;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}
