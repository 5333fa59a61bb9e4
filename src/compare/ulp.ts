import type { DType } from "../formats/types.js";

/** What a distance is counted in: steps of a float format, or whole numbers where neither side is a float. */
export type UlpUnit = FloatDType | "difference";

type FloatDType = Extract<DType, `float${string}` | "bfloat16">;

/** The points of a float format, in the terms of float32's bits. */
interface FloatGrid {
  /** Bits of mantissa behind the point. */
  readonly mantissa: number;
  /** float32's biased exponent of the format's smallest normal number. */
  readonly firstNormal: number;
  /** Steps of float32 in one step of the format, where it is normal. */
  readonly float32Steps: number;
  /** One over the step of the subnormal numbers. */
  readonly subnormalsPerOne: number;
  /** What to take from float32 bits in steps, so that points count from zero without a gap. */
  readonly offset: number;
}

function grid(mantissa: number, minExponent: number): FloatGrid {
  const firstNormal = minExponent + 127;
  return {
    mantissa,
    firstNormal,
    float32Steps: 2 ** (23 - mantissa),
    subnormalsPerOne: 2 ** (mantissa - minExponent),
    offset: (firstNormal - 1) * 2 ** mantissa,
  };
}

/** IEEE 754 for 16 and 32 bits; the OCP "8-bit floating point" specification for the two float8 formats. */
const GRIDS: Record<Exclude<FloatDType, "float64">, FloatGrid> = {
  float32: grid(23, -126),
  float16: grid(10, -14),
  bfloat16: grid(7, -126),
  float8_e4m3fn: grid(3, -6),
  float8_e5m2: grid(2, -14),
};

function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === "float64" || dtype in GRIDS;
}

/** The coarser of the two float formats; an integer side does not count; `difference` when there is no float at all. */
export function ulpUnit(reference: DType, candidate: DType): UlpUnit {
  if (!isFloat(reference)) return isFloat(candidate) ? candidate : "difference";
  if (!isFloat(candidate)) return reference;
  if (reference === "float64") return candidate;
  if (candidate === "float64") return reference;
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
  // "difference" first of all, because 64-bit integers that differ may look equal as numbers.
  if (unit === "difference") {
    for (let i = 0; i < length; i++) out[i] = Math.abs(error[i] ?? 0);
    return;
  }
  const toPoints = unit === "float64" ? pointsOf64 : pointsOf32.bind(null, GRIDS[unit]);
  const r = toPoints(reference, length);
  const c = toPoints(candidate, length);
  for (let i = 0; i < length; i++) {
    const finite = Number.isFinite(reference[i] ?? 0) && Number.isFinite(candidate[i] ?? 0);
    // The two parts of a float64 point are subtracted one by one: their sum would not be exact.
    const high = (c.high[i] ?? 0) - (r.high[i] ?? 0);
    out[i] = finite ? Math.abs(high + ((c.low[i] ?? 0) - (r.low[i] ?? 0))) : 0;
  }
}

/** Places on a grid as high + low; negative numbers have negative places, both zeros the place 0. */
interface Points {
  readonly high: Float64Array;
  readonly low: Float64Array;
}

/** Adding and taking away 2⁵² rounds a smaller number to a whole one, half to even. */
const WHOLE = 2 ** 52;

/** Places on the grid of a format no finer than float32. */
function pointsOf32(format: FloatGrid, numbers: Numbers, length: number): Points {
  const { firstNormal, float32Steps, subnormalsPerOne, offset } = format;
  const values = new Float32Array(numbers.subarray(0, length));
  const bits = new Int32Array(values.buffer);
  const low = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const word = bits[i] ?? 0;
    const magnitude = word & 0x7fffffff;
    const point =
      magnitude >>> 23 >= firstNormal
        ? magnitude / float32Steps + WHOLE - WHOLE - offset
        : Math.abs(values[i] ?? 0) * subnormalsPerOne + WHOLE - WHOLE;
    low[i] = word < 0 ? -point : point;
  }
  return { high: new Float64Array(length), low };
}

/** Places of float64 numbers: their bits, in two parts. */
function pointsOf64(numbers: Numbers, length: number): Points {
  const words = new Uint32Array(new Float64Array(numbers.subarray(0, length)).buffer);
  const high = new Float64Array(length);
  const low = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const upper = words[2 * i + 1] ?? 0;
    const sign = upper >>> 31 === 0 ? 1 : -1;
    high[i] = sign * (upper & 0x7fffffff) * 2 ** 32;
    low[i] = sign * (words[2 * i] ?? 0);
  }
  return { high, low };
}
