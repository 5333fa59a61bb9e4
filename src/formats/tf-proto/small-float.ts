import type { DType } from "../types.js";

interface Layout {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  /** e4m3fn has no infinities: only the all-ones pattern is NaN (arXiv 2209.05433, table 1). */
  readonly finiteOnly: boolean;
}

const LAYOUTS = new Map<DType, Layout>([
  ["float16", { exponentBits: 5, mantissaBits: 10, finiteOnly: false }],
  ["bfloat16", { exponentBits: 8, mantissaBits: 7, finiteOnly: false }],
  ["float8_e5m2", { exponentBits: 5, mantissaBits: 2, finiteOnly: false }],
  ["float8_e4m3fn", { exponentBits: 4, mantissaBits: 3, finiteOnly: true }],
]);

/** The decoder of a float type of 8 or 16 bits: bit pattern → value, exact. Undefined for other dtypes. */
export function smallFloatDecoder(dtype: DType): ((bits: number) => number) | undefined {
  const layout = LAYOUTS.get(dtype);
  if (layout === undefined) return undefined;
  const { exponentBits, mantissaBits, finiteOnly } = layout;
  const bias = 2 ** (exponentBits - 1) - 1;
  const topExponent = 2 ** exponentBits - 1;
  const scale = 2 ** mantissaBits;
  return (bits) => {
    const sign = (bits >>> (exponentBits + mantissaBits)) & 1 ? -1 : 1;
    const exponent = (bits >>> mantissaBits) & topExponent;
    const mantissa = bits & (scale - 1);
    if (exponent === topExponent) {
      if (!finiteOnly) return mantissa === 0 ? sign * Infinity : Number.NaN;
      if (mantissa === scale - 1) return Number.NaN;
    }
    return exponent === 0
      ? sign * (mantissa / scale) * 2 ** (1 - bias)
      : sign * (1 + mantissa / scale) * 2 ** (exponent - bias);
  };
}
