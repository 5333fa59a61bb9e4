import { BINS, HISTOGRAM, MAX_REFERENCE, ULP_MAX } from "./memory";

/** bits >> 19 of the float32 number 1, less one: the distance 1 falls into bin 1. */
const FIRST_BIN: i32 = 2031;
const LARGEST_FINITE: i32 = 0x7f7fffff;

function largest(lanes: v128): u32 {
  const pairs = i32x4.max_u(lanes, i8x16.shuffle(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return max<u32>(i32x4.extract_lane(pairs, 0), i32x4.extract_lane(pairs, 1));
}

function count(lane: i32, bin: i32): void {
  const at = HISTOGRAM + (lane * BINS + bin) * 4;
  store<u32>(at, load<u32>(at) + 1);
}

/** One bit pattern as an integer that grows with the number; both zeros are 0. */
export function ordered(bits: v128, magnitude: v128): v128 {
  const sign = i32x4.shr_s(bits, 31);
  return i32x4.sub(v128.xor(magnitude, sign), sign);
}

/** True when every one of the `bytes / 4` elements on both sides is finite. */
export function allFinite(reference: i32, candidate: i32, bytes: i32): bool {
  const magnitudeBits = i32x4.splat(0x7fffffff);
  let largestMagnitude = i32x4.splat(0);
  for (let i = 0; i < bytes; i += 16) {
    const both = i32x4.max_s(
      v128.and(v128.load(reference + i), magnitudeBits),
      v128.and(v128.load(candidate + i), magnitudeBits),
    );
    largestMagnitude = i32x4.max_s(largestMagnitude, both);
  }
  return largest(largestMagnitude) <= <u32>LARGEST_FINITE;
}

/**
 * ULP distances of a chunk of finite numbers, in integer arithmetic: the largest one and the histogram, and max |reference|,
 * which comes for free because magnitudes order like integers. Distance 0 is not counted: the host takes bin 0 as the rest.
 */
export function measureUlp(reference: i32, candidate: i32, bytes: i32): void {
  const magnitudeBits = i32x4.splat(0x7fffffff);
  const firstBin = i32x4.splat(FIRST_BIN);
  const zero = i32x4.splat(0);
  let maxReference = zero;
  let maxDistance = zero;
  for (let i = 0; i < bytes; i += 16) {
    const r = v128.load(reference + i);
    const c = v128.load(candidate + i);
    const rMagnitude = v128.and(r, magnitudeBits);
    maxReference = i32x4.max_s(maxReference, rMagnitude);
    const rOrdered = ordered(r, rMagnitude);
    const cOrdered = ordered(c, v128.and(c, magnitudeBits));
    const distance = i32x4.sub(i32x4.max_s(rOrdered, cOrdered), i32x4.min_s(rOrdered, cOrdered));
    if (!v128.any_true(distance)) continue;
    maxDistance = i32x4.max_u(maxDistance, distance);
    // The float32 bits of the distance, cut to 4 bits of mantissa, are its bin: exact below 32, then 16 bins per octave.
    const asFloat = f32x4.convert_i32x4_s(i32x4.min_u(distance, magnitudeBits));
    const bin = i32x4.max_s(i32x4.sub(i32x4.shr_u(asFloat, 19), firstBin), zero);
    count(0, i32x4.extract_lane(bin, 0));
    count(1, i32x4.extract_lane(bin, 1));
    count(2, i32x4.extract_lane(bin, 2));
    count(3, i32x4.extract_lane(bin, 3));
  }
  store<f64>(ULP_MAX, max<f64>(load<f64>(ULP_MAX), <f64>largest(maxDistance)));
  store<f64>(MAX_REFERENCE, max<f64>(load<f64>(MAX_REFERENCE), <f64>reinterpret<f32>(largest(maxReference))));
}
