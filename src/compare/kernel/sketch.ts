import {
  CHUNK,
  REFERENCE,
  SCRATCH_REFERENCE,
  SKETCH_CUBES,
  SKETCH_MAX,
  SKETCH_MIN,
  SKETCH_NON_FINITE,
  SKETCH_SEEN,
  SKETCH_SQUARES,
  SKETCH_SUM,
  SKETCH_ZEROS,
} from "./memory";
import { kindOf } from "./non-finite";
import { addExactly, addTo, total } from "./slot";
import { allFinite } from "./ulp";

/** Adds the moments of finite numbers, a whole number of vectors. */
function sketchChunk(at: i32, bytes: i32): void {
  const zero = f32x4.splat(0);
  let sum = f64x2.splat(0);
  let lost = sum;
  let squares = sum;
  let cubes = sum;
  let zeros = i32x4.splat(0);
  for (let i = 0; i < bytes; i += 8) {
    const two = v128.load64_zero(at + i);
    zeros = i32x4.sub(zeros, f32x4.eq(two, zero));
    const x = f64x2.promote_low_f32x4(two);
    const size = f64x2.abs(x);
    const square = f64x2.mul(x, x);
    squares = f64x2.add(squares, square);
    cubes = f64x2.add(cubes, f64x2.mul(square, size));
    // Knuth's two-sum: `lost` gathers exactly what each addition rounds away.
    const next = f64x2.add(sum, x);
    const part = f64x2.sub(next, sum);
    lost = f64x2.add(lost, f64x2.add(f64x2.sub(sum, f64x2.sub(next, part)), f64x2.sub(x, part)));
    sum = next;
  }
  addExactly(SKETCH_SUM, f64x2.extract_lane(sum, 0));
  addExactly(SKETCH_SUM, f64x2.extract_lane(sum, 1));
  addExactly(SKETCH_SUM, total(lost));
  addExactly(SKETCH_SQUARES, total(squares));
  addExactly(SKETCH_CUBES, total(cubes));
  addTo(SKETCH_ZEROS, <f64>(i32x4.extract_lane(zeros, 0) + i32x4.extract_lane(zeros, 1)));
}

/** Minimum and maximum of the same. */
function widen(at: i32, bytes: i32): void {
  let low = f32x4.splat(<f32>load<f64>(SKETCH_MIN));
  let high = f32x4.splat(<f32>load<f64>(SKETCH_MAX));
  for (let i = 0; i < bytes; i += 16) {
    const four = v128.load(at + i);
    low = f32x4.pmin(low, four);
    high = f32x4.pmax(high, four);
  }
  for (let lane = 0; lane < 4; lane++) {
    v128.store(SCRATCH_REFERENCE, low);
    store<f64>(SKETCH_MIN, min<f64>(load<f64>(SKETCH_MIN), <f64>load<f32>(SCRATCH_REFERENCE + lane * 4)));
    v128.store(SCRATCH_REFERENCE, high);
    store<f64>(SKETCH_MAX, max<f64>(load<f64>(SKETCH_MAX), <f64>load<f32>(SCRATCH_REFERENCE + lane * 4)));
  }
}

export function startSketch(): void {
  for (let slot = SKETCH_SEEN; slot < SKETCH_NON_FINITE + 3 * 8; slot += 8) store<f64>(slot, 0);
  store<f64>(SKETCH_MIN, Infinity);
  store<f64>(SKETCH_MAX, -Infinity);
}

/** One number, for the up to three behind the last whole vector. */
function sketchOne(value: f32): void {
  const x = <f64>value;
  addExactly(SKETCH_SUM, x);
  addExactly(SKETCH_SQUARES, x * x);
  addExactly(SKETCH_CUBES, x * x * abs(x));
  if (x === 0) addTo(SKETCH_ZEROS, 1);
  store<f64>(SKETCH_MIN, min<f64>(load<f64>(SKETCH_MIN), x));
  store<f64>(SKETCH_MAX, max<f64>(load<f64>(SKETCH_MAX), x));
}

/** Moves the finite values of a chunk together, counts the others by kind and gives back how many are left. */
function keepFinite(at: i32, count: i32): i32 {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f32>(at + i * 4);
    const kind = kindOf(value);
    if (kind !== 0) addTo(SKETCH_NON_FINITE + (kind - 1) * 8, 1);
    else {
      store<f32>(at + kept * 4, value);
      kept++;
    }
  }
  return kept;
}

/** Takes the first `count` elements of the reference block into the sketch; the block is overwritten where it must be. */
export function sketchBlock(count: i32): void {
  for (let start = 0; start < count; start += CHUNK) {
    const at = REFERENCE + start * 4;
    let kept = min(CHUNK, count - start);
    addTo(SKETCH_SEEN, <f64>kept);
    if (!allFinite(at, at, kept * 4)) kept = keepFinite(at, kept);
    const whole = kept & ~3;
    if (whole > 0) {
      widen(at, whole * 4);
      sketchChunk(at, whole * 4);
    }
    for (let i = whole; i < kept; i++) sketchOne(load<f32>(at + i * 4));
  }
}
