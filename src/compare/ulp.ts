import type { DType } from "../formats/types.js";

/** What a distance is counted in: steps of a float format, or whole numbers where neither side is a float. */
export type UlpUnit = FloatDType | "difference";

type FloatDType = Extract<DType, `float${string}` | "bfloat16">;

interface FloatGrid {
  /** Bits of mantissa behind the point. */
  readonly mantissa: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
}

/** IEEE 754 for 16 to 64 bits; the OCP "8-bit floating point" specification for the two float8 formats. */
const GRIDS: Record<FloatDType, FloatGrid> = {
  float64: { mantissa: 52, minExponent: -1022 },
  float32: { mantissa: 23, minExponent: -126 },
  float16: { mantissa: 10, minExponent: -14 },
  bfloat16: { mantissa: 7, minExponent: -126 },
  float8_e4m3fn: { mantissa: 3, minExponent: -6 },
  float8_e5m2: { mantissa: 2, minExponent: -14 },
};

function isFloat(dtype: DType): dtype is FloatDType {
  return dtype in GRIDS;
}

/** The coarser of the two float formats; an integer side does not count; `difference` when there is no float at all. */
export function ulpUnit(reference: DType, candidate: DType): UlpUnit {
  if (!isFloat(reference)) return isFloat(candidate) ? candidate : "difference";
  if (!isFloat(candidate)) return reference;
  return GRIDS[reference].mantissa <= GRIDS[candidate].mantissa ? reference : candidate;
}

type Numbers = Float32Array | Float64Array;

/**
 * Distances between two stretches of numbers, in `unit`. A number that is not on the unit's grid is first rounded to it,
 * half to even; the grid goes on above the format's largest number. +0 and −0 are the same point. Where either number is
 * not finite the distance is 0.
 *
 * @param error candidate − reference, for the unit `difference`
 */
export function fillDistances(
  unit: UlpUnit,
  reference: Numbers,
  candidate: Numbers,
  error: Float64Array,
  length: number,
  out: Float64Array,
): void {
  for (let i = 0; i < length; i++) {
    const r = reference[i] ?? 0;
    const c = candidate[i] ?? 0;
    // First of all, because 64-bit integers that differ may look equal as numbers.
    if (unit === "difference") out[i] = Math.abs(error[i] ?? 0);
    else if (r === c || !Number.isFinite(r) || !Number.isFinite(c)) out[i] = 0;
    else if (unit === "float64") out[i] = distance64(r, c);
    else out[i] = Math.abs(gridPoint(GRIDS[unit], r) - gridPoint(GRIDS[unit], c));
  }
}

const float32 = new Float32Array(1);
const bits32 = new Int32Array(float32.buffer);
/** Adding and taking away 2⁵² rounds a smaller number to a whole one, half to even. */
const WHOLE = 2 ** 52;

/** The number's place on the grid of a format no finer than float32; negative numbers have negative places. */
function gridPoint(grid: FloatGrid, value: number): number {
  float32[0] = value;
  const magnitude = (bits32[0] ?? 0) & 0x7fffffff;
  const firstNormal = grid.minExponent + 127;
  let point: number;
  if (magnitude >>> 23 >= firstNormal) {
    const unit = 2 ** (23 - grid.mantissa);
    point = magnitude / unit + WHOLE - WHOLE - (firstNormal - 1) * 2 ** grid.mantissa;
  } else {
    point = Math.abs(float32[0] ?? 0) * 2 ** (grid.mantissa - grid.minExponent) + WHOLE - WHOLE;
  }
  return value < 0 ? -point : point;
}

const float64 = new Float64Array(2);
const words64 = new Uint32Array(float64.buffer);

/** Steps between two float64 numbers; exact up to 2⁵³, rounded above. */
function distance64(reference: number, candidate: number): number {
  float64[0] = Math.abs(reference);
  float64[1] = Math.abs(candidate);
  const [rLow = 0, rHigh = 0, cLow = 0, cHigh = 0] = words64;
  if (reference < 0 === candidate < 0) return Math.abs((rHigh - cHigh) * 2 ** 32 + (rLow - cLow));
  return (rHigh + cHigh) * 2 ** 32 + (rLow + cLow);
}
