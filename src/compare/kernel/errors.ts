import {
  ATOL,
  MAX_ABS,
  MAX_REL,
  OVER,
  RTOL,
  SUM_ABS,
  SUM_CANDIDATE,
  SUM_PRODUCTS,
  SUM_REFERENCE,
  SUM_SQUARES,
  TOLERANCE,
} from "./memory";
import { addTo, total } from "./slot";

/** 1 − 2⁻⁵⁰: a product with it is under the exact bound whatever the rounding, so the quick test never misses a maximum. */
const UNDER: f64 = 1.0 - 8.8817841970012523e-16;

/** Elements 2 and 3 in the place of 0 and 1. */
function upper(four: v128): v128 {
  return i8x16.shuffle(four, four, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

function storeExtreme(slot: i32, value: f64, at: f64, reference: f64, candidate: f64): void {
  store<f64>(slot, value);
  store<f64>(slot, at, 8);
  store<f64>(slot, reference, 16);
  store<f64>(slot, candidate, 24);
}

/** Finds where the chunk has the |error| `value` first. */
function locateAbs(reference: i32, candidate: i32, bytes: i32, base: f64, value: f64): void {
  for (let i = 0; i < bytes; i += 4) {
    const r = <f64>load<f32>(reference + i);
    const c = <f64>load<f32>(candidate + i);
    if (abs(c - r) === value) {
      storeExtreme(MAX_ABS, value, base + <f64>(i >> 2), r, c);
      return;
    }
  }
}

function locateRel(reference: i32, candidate: i32, bytes: i32, base: f64, value: f64): void {
  for (let i = 0; i < bytes; i += 4) {
    const r = <f64>load<f32>(reference + i);
    const c = <f64>load<f32>(candidate + i);
    if (r !== 0 && abs(c - r) / abs(r) === value) {
      storeExtreme(MAX_REL, value, base + <f64>(i >> 2), r, c);
      return;
    }
  }
}

/** The two maxima that need a division per element. Called only for chunks in which one of them may have grown. */
function divide(reference: i32, candidate: i32, bytes: i32, base: f64): void {
  const one = f64x2.splat(1);
  const zero = f64x2.splat(0);
  let rel = f64x2.splat(-1);
  let tolerance = zero;
  for (let i = 0; i < bytes; i += 8) {
    const r = f64x2.promote_low_f32x4(v128.load64_zero(reference + i));
    const c = f64x2.promote_low_f32x4(v128.load64_zero(candidate + i));
    const e = f64x2.abs(f64x2.sub(c, r));
    const size = f64x2.abs(r);
    // Where the reference is 0 the quotient is masked to NaN (all bits set), which pmax passes over.
    rel = f64x2.pmax(rel, v128.or(f64x2.div(e, size), f64x2.eq(r, zero)));
    tolerance = f64x2.pmax(tolerance, f64x2.div(e, f64x2.add(one, size)));
  }
  const largestRel = max<f64>(f64x2.extract_lane(rel, 0), f64x2.extract_lane(rel, 1));
  if (largestRel > load<f64>(MAX_REL)) locateRel(reference, candidate, bytes, base, largestRel);
  const largest = max<f64>(f64x2.extract_lane(tolerance, 0), f64x2.extract_lane(tolerance, 1));
  if (largest > load<f64>(TOLERANCE)) store<f64>(TOLERANCE, largest);
}

/**
 * Sums and maxima of a chunk of finite numbers, in float64. The largest |e|/|r| and |e|/(1+|r|) are guarded by a product
 * with the largest seen so far, which costs a tenth of a division; only chunks that may raise them are divided.
 */
export function measureErrors(reference: i32, candidate: i32, bytes: i32, base: f64): void {
  const relSoFar = f64x2.splat(load<f64>(MAX_REL) * UNDER);
  const toleranceSoFar = f64x2.splat(load<f64>(TOLERANCE) * UNDER);
  let sumAbs = f64x2.splat(0);
  let sumSquares = sumAbs;
  let sumReference = sumAbs;
  let sumCandidate = sumAbs;
  let sumProducts = sumAbs;
  let maxAbs = sumAbs;
  let raised = sumAbs;
  for (let i = 0; i < bytes; i += 16) {
    const rFour = v128.load(reference + i);
    const cFour = v128.load(candidate + i);

    const r0 = f64x2.promote_low_f32x4(rFour);
    const c0 = f64x2.promote_low_f32x4(cFour);
    const e0 = f64x2.sub(c0, r0);
    const a0 = f64x2.abs(e0);
    const s0 = f64x2.abs(r0);
    sumAbs = f64x2.add(sumAbs, a0);
    sumSquares = f64x2.add(sumSquares, f64x2.mul(e0, e0));
    sumReference = f64x2.add(sumReference, f64x2.mul(r0, r0));
    sumCandidate = f64x2.add(sumCandidate, f64x2.mul(c0, c0));
    sumProducts = f64x2.add(sumProducts, f64x2.mul(r0, c0));
    maxAbs = f64x2.pmax(maxAbs, a0);
    raised = v128.or(raised, f64x2.gt(a0, f64x2.mul(relSoFar, s0)));
    raised = v128.or(raised, f64x2.gt(a0, f64x2.add(toleranceSoFar, f64x2.mul(toleranceSoFar, s0))));

    const r1 = f64x2.promote_low_f32x4(upper(rFour));
    const c1 = f64x2.promote_low_f32x4(upper(cFour));
    const e1 = f64x2.sub(c1, r1);
    const a1 = f64x2.abs(e1);
    const s1 = f64x2.abs(r1);
    sumAbs = f64x2.add(sumAbs, a1);
    sumSquares = f64x2.add(sumSquares, f64x2.mul(e1, e1));
    sumReference = f64x2.add(sumReference, f64x2.mul(r1, r1));
    sumCandidate = f64x2.add(sumCandidate, f64x2.mul(c1, c1));
    sumProducts = f64x2.add(sumProducts, f64x2.mul(r1, c1));
    maxAbs = f64x2.pmax(maxAbs, a1);
    raised = v128.or(raised, f64x2.gt(a1, f64x2.mul(relSoFar, s1)));
    raised = v128.or(raised, f64x2.gt(a1, f64x2.add(toleranceSoFar, f64x2.mul(toleranceSoFar, s1))));
  }
  addTo(SUM_ABS, total(sumAbs));
  addTo(SUM_SQUARES, total(sumSquares));
  addTo(SUM_REFERENCE, total(sumReference));
  addTo(SUM_CANDIDATE, total(sumCandidate));
  addTo(SUM_PRODUCTS, total(sumProducts));
  const largest = max<f64>(f64x2.extract_lane(maxAbs, 0), f64x2.extract_lane(maxAbs, 1));
  // A largest error of 0 gets its place from the entry function, which knows which places count.
  if (largest > 0 && largest > load<f64>(MAX_ABS)) locateAbs(reference, candidate, bytes, base, largest);
  if (v128.any_true(raised)) divide(reference, candidate, bytes, base);
}

/** Counts elements with |error| > atol + rtol · |reference|. */
export function countOver(reference: i32, candidate: i32, bytes: i32): void {
  const atol = f64x2.splat(load<f64>(ATOL));
  const rtol = f64x2.splat(load<f64>(RTOL));
  let over = i64x2.splat(0);
  for (let i = 0; i < bytes; i += 16) {
    const rFour = v128.load(reference + i);
    const cFour = v128.load(candidate + i);
    const r0 = f64x2.promote_low_f32x4(rFour);
    const c0 = f64x2.promote_low_f32x4(cFour);
    const r1 = f64x2.promote_low_f32x4(upper(rFour));
    const c1 = f64x2.promote_low_f32x4(upper(cFour));
    const bound0 = f64x2.add(atol, f64x2.mul(rtol, f64x2.abs(r0)));
    const bound1 = f64x2.add(atol, f64x2.mul(rtol, f64x2.abs(r1)));
    over = i64x2.sub(over, f64x2.gt(f64x2.abs(f64x2.sub(c0, r0)), bound0));
    over = i64x2.sub(over, f64x2.gt(f64x2.abs(f64x2.sub(c1, r1)), bound1));
  }
  addTo(OVER, <f64>(i64x2.extract_lane(over, 0) + i64x2.extract_lane(over, 1)));
}
