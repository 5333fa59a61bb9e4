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
  /** Steps of the format, where it is normal, in one step of float32: a power of two of at most 1. */
  readonly perFloat32Step: number;
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
    perFloat32Step: 2 ** (mantissa - 23),
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
  if (unit === "float64") fillDistances64(reference, candidate, length, out);
  else fillDistances32(GRIDS[unit], reference, candidate, length, out);
}

function fillDistances32(format: FloatGrid, reference: Numbers, candidate: Numbers, length: number, out: Float64Array) {
  // Rounded to float32 all at once and read as bits from there, which is quicker than number by number.
  const r = new Float32Array(reference.subarray(0, length));
  const c = new Float32Array(candidate.subarray(0, length));
  const rBits = new Int32Array(r.buffer);
  const cBits = new Int32Array(c.buffer);
  for (let i = 0; i < length; i++) {
    if (reference[i] === candidate[i] || !areFinite(reference[i], candidate[i])) out[i] = 0;
    else {
      const from = pointOf(format, r[i] ?? 0, rBits[i] ?? 0);
      out[i] = Math.abs(pointOf(format, c[i] ?? 0, cBits[i] ?? 0) - from);
    }
  }
}

function areFinite(reference: number | undefined, candidate: number | undefined): boolean {
  return Number.isFinite(reference) && Number.isFinite(candidate);
}

/** Adding and taking away 2⁵² rounds a smaller number to a whole one, half to even. */
const WHOLE = 2 ** 52;

/** A float32 number's place on the grid of a format no finer; negative numbers have negative places. */
function pointOf(format: FloatGrid, value: number, bits: number): number {
  const magnitude = bits & 0x7fffffff;
  const point =
    magnitude >>> 23 >= format.firstNormal
      ? magnitude * format.perFloat32Step + WHOLE - WHOLE - format.offset
      : Math.abs(value) * format.subnormalsPerOne + WHOLE - WHOLE;
  return bits < 0 ? -point : point;
}

/** Bits of float64 numbers are places already. Exact up to a distance of 2⁵³, rounded above. */
function fillDistances64(reference: Numbers, candidate: Numbers, length: number, out: Float64Array): void {
  const r = new Int32Array(new Float64Array(reference.subarray(0, length)).buffer);
  const c = new Int32Array(new Float64Array(candidate.subarray(0, length)).buffer);
  for (let i = 0; i < length; i++) {
    if (reference[i] === candidate[i] || !areFinite(reference[i], candidate[i])) {
      out[i] = 0;
      continue;
    }
    const rHigh = r[2 * i + 1] ?? 0;
    const cHigh = c[2 * i + 1] ?? 0;
    const rLow = (r[2 * i] ?? 0) >>> 0;
    const cLow = (c[2 * i] ?? 0) >>> 0;
    // Halves are put together last: a whole place has more digits than a number holds.
    const sameSign = rHigh < 0 === cHigh < 0;
    const high = sameSign ? cHigh - rHigh : (cHigh & 0x7fffffff) + (rHigh & 0x7fffffff);
    out[i] = Math.abs(high * 2 ** 32 + (sameSign ? cLow - rLow : cLow + rLow));
  }
}
