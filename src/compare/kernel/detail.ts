// What is shown of a layer: the loops of src/compare/detail over blocks of finite float32 numbers. The plain loops there are
// the twin for everything else.
import {
  BIN_COUNTS,
  CELLS,
  COLUMN_MAX,
  COLUMN_SQUARES,
  ERRORS,
  FIGURES,
  NEXT_FROM,
  RELATIVE,
  SCATTER,
  SLOT_OF_EXPONENT,
  SLOTS,
  ULP,
} from "./detail-memory";
import { CANDIDATE, REFERENCE } from "./memory";
import { total } from "./slot";
import { allFinite, ordered } from "./ulp";

const LARGEST: f32 = 3.4028234663852886e38;

function demote(low: v128, high: v128): v128 {
  return i8x16.shuffle(
    f32x4.demote_f64x2_zero(low),
    f32x4.demote_f64x2_zero(high),
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    16,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
  );
}

function upper(four: v128): v128 {
  return i8x16.shuffle(four, four, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** Zeros behind the block's end, up to a whole vector. */
function pad(count: i32): i32 {
  const end = (count + 3) & ~3;
  for (let i = count; i < end; i++) {
    store<f32>(REFERENCE + i * 4, 0);
    store<f32>(CANDIDATE + i * 4, 0);
  }
  return end * 4;
}

/** Errors of a block; false, with nothing done, where something is not finite. */
export function detailErrors(count: i32): bool {
  const bytes = pad(count);
  if (!allFinite(REFERENCE, CANDIDATE, bytes)) return false;
  for (let i = 0; i < bytes; i += 16) {
    const r = v128.load(REFERENCE + i);
    const c = v128.load(CANDIDATE + i);
    const low = f64x2.abs(f64x2.sub(f64x2.promote_low_f32x4(c), f64x2.promote_low_f32x4(r)));
    const high = f64x2.abs(f64x2.sub(f64x2.promote_low_f32x4(upper(c)), f64x2.promote_low_f32x4(upper(r))));
    v128.store(ERRORS + i * 2, low);
    v128.store(ERRORS + i * 2, high, 16);
  }
  return true;
}

/** Relative errors and distances in units in the last place, of a block whose errors are there. */
export function detailRatios(count: i32): void {
  const bytes = ((count + 3) & ~3) * 4;
  const magnitudeBits = i32x4.splat(0x7fffffff);
  const zero = f32x4.splat(0);
  const largest = f32x4.splat(LARGEST);
  for (let i = 0; i < bytes; i += 16) {
    const r = v128.load(REFERENCE + i);
    const c = v128.load(CANDIDATE + i);
    const error = demote(v128.load(ERRORS + i * 2), v128.load(ERRORS + i * 2, 16));
    const ratio = f32x4.pmin(f32x4.div(error, f32x4.abs(r)), largest);
    v128.store(RELATIVE + i, v128.andnot(ratio, f32x4.eq(r, zero)));
    const from = ordered(r, v128.and(r, magnitudeBits));
    const to = ordered(c, v128.and(c, magnitudeBits));
    const distance = i32x4.sub(i32x4.max_s(from, to), i32x4.min_s(from, to));
    v128.store(ULP + i, f32x4.convert_i32x4_u(distance));
  }
}

/** Smallest, largest, sums around `shift` and zeros of the block at `at`. */
export function detailFigures(at: i32, count: i32, shift: f64): void {
  const whole = (count & ~3) * 4;
  const zero = f32x4.splat(0);
  const from = f64x2.splat(shift);
  let low = f32x4.splat(<f32>Infinity);
  let high = f32x4.splat(<f32>-Infinity);
  let sum = f64x2.splat(0);
  let squares = sum;
  let zeros = i32x4.splat(0);
  for (let i = 0; i < whole; i += 16) {
    const four = v128.load(at + i);
    low = f32x4.pmin(low, four);
    high = f32x4.pmax(high, four);
    zeros = i32x4.sub(zeros, f32x4.eq(four, zero));
    const a = f64x2.sub(f64x2.promote_low_f32x4(four), from);
    const b = f64x2.sub(f64x2.promote_low_f32x4(upper(four)), from);
    sum = f64x2.add(sum, f64x2.add(a, b));
    squares = f64x2.add(squares, f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b)));
  }
  let smallest = <f64>(
    min(
      min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)),
      min(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)),
    )
  );
  let largest = <f64>(
    max(
      max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)),
      max(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)),
    )
  );
  let sumOfAll = total(sum);
  let squaresOfAll = total(squares);
  let zerosOfAll =
    i32x4.extract_lane(zeros, 0) +
    i32x4.extract_lane(zeros, 1) +
    i32x4.extract_lane(zeros, 2) +
    i32x4.extract_lane(zeros, 3);
  for (let i = whole; i < count * 4; i += 4) {
    const value = <f64>load<f32>(at + i);
    smallest = min(smallest, value);
    largest = max(largest, value);
    sumOfAll += value - shift;
    squaresOfAll += (value - shift) * (value - shift);
    if (value === 0) zerosOfAll++;
  }
  store<f64>(FIGURES, smallest);
  store<f64>(FIGURES, largest, 8);
  store<f64>(FIGURES, sumOfAll, 16);
  store<f64>(FIGURES, squaresOfAll, 24);
  store<f64>(FIGURES, <f64>zerosOfAll, 32);
}

/** Counts the block at `at` into the bins of one side (0 or 1). All values are from `low` on. */
export function detailBins(at: i32, count: i32, low: f64, perUnit: f64, last: i32, side: i32): void {
  const counts = BIN_COUNTS + side * 256 * 4;
  for (let i = 0; i < count * 4; i += 4) {
    const bin = min(<i32>((<f64>load<f32>(at + i) - low) * perUnit), last);
    store<u32>(counts + bin * 4, load<u32>(counts + bin * 4) + 1);
  }
}

function slotOf(magnitude: i32): i32 {
  const exponent = (magnitude >>> 23) * 4;
  return load<i32>(SLOT_OF_EXPONENT + exponent) + (magnitude >= load<i32>(NEXT_FROM + exponent) ? 1 : 0);
}

/** Counts the block by powers of ten of error and reference. */
export function detailScatter(count: i32): void {
  for (let i = 0; i < count; i++) {
    const error = reinterpret<i32>(<f32>load<f64>(ERRORS + i * 8));
    const magnitude = load<i32>(REFERENCE + i * 4) & 0x7fffffff;
    const at = SCATTER + (slotOf(error) * SLOTS + slotOf(magnitude)) * 4;
    store<u32>(at, load<u32>(at) + 1);
  }
}

/** Adds a row of errors to the profile of the last axis, from `column` on; the row's largest error and squares are figures. */
export function detailRow(from: i32, to: i32, column: i32): void {
  let errors = ERRORS + from * 8;
  const end = ERRORS + to * 8;
  let largest = COLUMN_MAX + column * 8;
  let sums = COLUMN_SQUARES + column * 8;
  let most = f64x2.splat(0);
  let squares = most;
  for (; errors + 16 <= end; errors += 16, largest += 16, sums += 16) {
    const two = v128.load(errors);
    const square = f64x2.mul(two, two);
    v128.store(largest, f64x2.pmax(v128.load(largest), two));
    v128.store(sums, f64x2.add(v128.load(sums), square));
    most = f64x2.pmax(most, two);
    squares = f64x2.add(squares, square);
  }
  let mostOfAll = max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
  let squaresOfAll = total(squares);
  if (errors < end) {
    const error = load<f64>(errors);
    store<f64>(largest, max(load<f64>(largest), error));
    store<f64>(sums, load<f64>(sums) + error * error);
    mostOfAll = max(mostOfAll, error);
    squaresOfAll += error * error;
  }
  store<f64>(FIGURES, mostOfAll);
  store<f64>(FIGURES, squaresOfAll, 8);
}

function highest(lanes: v128): f64 {
  return <f64>(
    max(
      max(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1)),
      max(f32x4.extract_lane(lanes, 2), f32x4.extract_lane(lanes, 3)),
    )
  );
}

/** The value of the largest magnitude between two extremes of a cell; of two alike the positive one. */
function signed(low: f64, high: f64): f64 {
  return -low > high ? low : high;
}

function fillCell(from: i32, to: i32, cell: i32): void {
  let rLow = f32x4.splat(0);
  let rHigh = rLow;
  let cLow = rLow;
  let cHigh = rLow;
  let ratio = rLow;
  let distance = rLow;
  let error = f64x2.splat(0);
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const r = v128.load(REFERENCE + i * 4);
    const c = v128.load(CANDIDATE + i * 4);
    rLow = f32x4.pmin(rLow, r);
    rHigh = f32x4.pmax(rHigh, r);
    cLow = f32x4.pmin(cLow, c);
    cHigh = f32x4.pmax(cHigh, c);
    ratio = f32x4.pmax(ratio, v128.load(RELATIVE + i * 4));
    distance = f32x4.pmax(distance, v128.load(ULP + i * 4));
    error = f64x2.pmax(error, f64x2.pmax(v128.load(ERRORS + i * 8), v128.load(ERRORS + i * 8, 16)));
  }
  let rLeast = -highest(f32x4.neg(rLow));
  let rMost = highest(rHigh);
  let cLeast = -highest(f32x4.neg(cLow));
  let cMost = highest(cHigh);
  let ratioMost = highest(ratio);
  let distanceMost = highest(distance);
  let errorMost = max(f64x2.extract_lane(error, 0), f64x2.extract_lane(error, 1));
  for (; i < to; i++) {
    const r = <f64>load<f32>(REFERENCE + i * 4);
    const c = <f64>load<f32>(CANDIDATE + i * 4);
    rLeast = min(rLeast, r);
    rMost = max(rMost, r);
    cLeast = min(cLeast, c);
    cMost = max(cMost, c);
    ratioMost = max(ratioMost, <f64>load<f32>(RELATIVE + i * 4));
    distanceMost = max(distanceMost, <f64>load<f32>(ULP + i * 4));
    errorMost = max(errorMost, load<f64>(ERRORS + i * 8));
  }
  store<f64>(cell, signed(rLeast, rMost));
  store<f64>(cell, signed(cLeast, cMost), 8);
  store<f64>(cell, errorMost, 16);
  store<f64>(cell, ratioMost, 24);
  store<f64>(cell, distanceMost, 32);
}

/** The cells of elements `from` to `to`, of which the first lies at `start` along a direction with `size` elements a cell. */
export function detailCells(from: i32, to: i32, start: i32, size: i32): void {
  let cell = CELLS;
  let end = from + size - (start % size);
  for (let i = from; i < to; i = end, end += size, cell += 40) fillCell(i, min(end, to), cell);
}
