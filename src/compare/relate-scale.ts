import { elementCount } from "../formats/dtype.js";
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "../formats/half.js";
import { blocksRelation, showNumber } from "./relate-order.js";
import type { Relation } from "./relation.js";
import type { PlainTensor } from "./undo-steps.js";

/** Eight roundings of float32: what a product or sum on the way may have cost an element. */
const NEAR = 5e-7;
/** Of the wanted values' size, where a difference of nearly equal numbers is all rounding. */
const NEAR_ZERO = 1e-7;
/** Vectors longer than this are not written into a step. */
const MAX_VECTOR = 4096;
/** A factor or offset per slice says nothing about slices with fewer elements. */
const LEAST_PER_SLICE = 3;
const POWERS = [0.5, 2, -1, -0.5];

/** Whether two numbers are one but for rounding. @param size what numbers of this tensor are like: its largest */
function near(a: number, b: number, size: number): boolean {
  return a === b || Math.abs(a - b) <= NEAR * Math.max(Math.abs(a), Math.abs(b)) + NEAR_ZERO * size;
}

function largest(values: Float32Array | Float64Array): number {
  let most = 0;
  // Indexed: ten times as fast as an iterator here.
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] ?? 0);
    if (size > most) most = size;
  }
  return most;
}

/**
 * Values that are a function of the wanted ones: times a constant, plus a constant, rounded through a 16-bit format, a
 * power, plus a constant on some blocks (the forget bias), by a factor or offset of its own per slice. Null when none fits.
 */
export function relateScale(stored: PlainTensor, wanted: PlainTensor): Relation | null {
  const some = sampleOf(stored);
  const ofThem = sampleOf(wanted);
  return (
    rounded(stored, wanted) ??
    (scaled(some, ofThem) && scaled(stored, wanted)) ??
    (shiftedBy(some, ofThem) && shiftedBy(stored, wanted)) ??
    blockOffsets(stored, wanted) ??
    power(stored, wanted) ??
    scaledAlong(stored, wanted) ??
    offsetAlong(stored, wanted)
  );
}

/** Elements that are looked at first: what does not hold for them need not be tried on millions. */
const FIRST = 256;

/** Elements evenly spread over the tensor, as a vector; all of a small one. */
function sampleOf({ values }: PlainTensor): PlainTensor {
  const step = Math.ceil(values.length / FIRST);
  const some = new Float64Array(Math.ceil(values.length / step));
  for (let i = 0; i < some.length; i++) some[i] = values[i * step] ?? 0;
  return { shape: [some.length], values: some };
}

function rounded(stored: PlainTensor, wanted: PlainTensor, count = FIRST): Relation | null {
  const values = Float32Array.from(wanted.values.subarray(0, count));
  const bits = new Uint16Array(values.length);
  const back = new Float32Array(values.length);
  for (const to of ["float16", "bfloat16"] as const) {
    if (to === "float16") {
      float32ToFloat16(values, bits);
      float16ToFloat32(bits, back);
    } else {
      float32ToBfloat16(values, bits);
      bfloat16ToFloat32(bits, back);
    }
    if (!back.every((value, i) => value === stored.values[i])) continue;
    if (count < stored.values.length) return rounded(stored, wanted, stored.values.length);
    return { kind: "rounded", to, description: `rounded through ${to}`, undo: null };
  }
  return null;
}

function scaled({ values }: PlainTensor, wanted: PlainTensor): Relation | null {
  const factor = factorOf(values, wanted.values);
  const size = largest(values);
  if (factor === null || size === 0 || values.length < 2) return null;
  if (!values.every((value, i) => near(value, factor * (wanted.values[i] ?? 0), size))) return null;
  return {
    kind: "scaled",
    factor,
    description: factor === -1 ? "the wanted ones with the sign turned" : `the wanted ones times ${showNumber(factor)}`,
    undo: [{ kind: "multiply", by: 1 / factor }],
  };
}

/** Σsw/Σw², brought to a simple number where it is one but for rounding; null for 0 and where there is none. */
function factorOf(stored: Float32Array | Float64Array, wanted: Float32Array | Float64Array): number | null {
  let [products, squares] = [0, 0];
  for (let i = 0; i < stored.length; i++) {
    products += (stored[i] ?? 0) * (wanted[i] ?? 0);
    squares += (wanted[i] ?? 0) ** 2;
  }
  const factor = products / squares;
  return Number.isFinite(factor) && factor !== 0 ? simple(factor) : null;
}

/** The number of few digits (or its reciprocal) that this one is within float32's rounding; else itself. */
function simple(value: number): number {
  const short = [Number(value.toPrecision(4)), 1 / Number((1 / value).toPrecision(4))];
  return short.find((one) => Math.abs(one - value) <= NEAR * Math.abs(value)) ?? value;
}

function shiftedBy({ values }: PlainTensor, wanted: PlainTensor): Relation | null {
  const value = constantDifference(values, wanted.values, 0, 0, values.length);
  if (value === null || value === 0 || values.length < 2) return null;
  return {
    kind: "offset",
    value,
    description: `the wanted ones ${value < 0 ? "minus" : "plus"} ${showNumber(Math.abs(value))}`,
    undo: [{ kind: "add", value: -value }],
  };
}

/** stored − wanted over a stretch of both where it is one number; null where it is not. */
function constantDifference(
  stored: Float32Array | Float64Array,
  wanted: Float32Array | Float64Array,
  at: number,
  from: number,
  length: number,
): number | null {
  let sum = 0;
  let size = 0;
  for (let i = 0; i < length; i++) {
    const s = stored[at + i] ?? 0;
    const w = wanted[from + i] ?? 0;
    sum += s - w;
    size = Math.max(size, Math.abs(s), Math.abs(w));
  }
  const mean = simple(sum / length);
  if (!Number.isFinite(mean)) return null;
  const value = Math.abs(mean) <= NEAR * size ? 0 : mean;
  for (let i = 0; i < length; i++) {
    if (!near(stored[at + i] ?? 0, (wanted[from + i] ?? 0) + value, size)) return null;
  }
  return value;
}

/** Vectors of gates: blocks in some order, a constant more or less on some of them. */
function blockOffsets(stored: PlainTensor, wanted: PlainTensor): Relation | null {
  if (wanted.shape.length !== 1) return null;
  const size = stored.values.length;
  for (const count of [2, 3, 4]) {
    const length = size / count;
    if (size % count !== 0 || length < 2) continue;
    const order: number[] = [];
    const offsets: number[] = [];
    for (let b = 0; b < count; b++) {
      const free = Array.from({ length: count }, (_, p) => p).filter((p) => !order.includes(p));
      const fits = free.flatMap((p) => {
        const value = constantDifference(stored.values, wanted.values, b * length, p * length, length);
        return value === null ? [] : [{ p, value }];
      });
      // The simplest first: nothing added, then nothing moved.
      const best = fits.sort(
        (x, y) => Number(x.value !== 0) - Number(y.value !== 0) || Number(x.p !== b) - Number(y.p !== b),
      )[0];
      if (best === undefined) break;
      order.push(best.p);
      offsets.push(best.value);
    }
    // Something must stand as it is, or any constants would explain any constants.
    if (order.length === count && offsets.includes(0)) return blocksRelation(wanted.shape, 0, order, offsets);
  }
  return null;
}

function power({ values }: PlainTensor, wanted: PlainTensor): Relation | null {
  if (values.length < 2 || wanted.values.every((value) => value === wanted.values[0])) return null;
  for (const exponent of POWERS) {
    const fits = values.every((value, i) => {
      const expected = (wanted.values[i] ?? 0) ** exponent;
      return Number.isFinite(expected) && Math.abs(value - expected) <= 2 * NEAR * Math.abs(expected);
    });
    if (fits) {
      const name = { "0.5": "square root", "2": "square", "-1": "reciprocal", "-0.5": "reciprocal square root" };
      const said = Object.entries(name).find(([key]) => Number(key) === exponent)?.[1] ?? `power ${exponent}`;
      return { kind: "power", exponent, description: `the ${said} of the wanted ones`, undo: null };
    }
  }
  return null;
}

/** Elements of slice `index` along `axis`, as indices. */
function* slice(shape: readonly number[], axis: number, index: number): Generator<number> {
  const inner = elementCount(shape.slice(axis + 1));
  const size = shape[axis] ?? 1;
  const outer = elementCount(shape.slice(0, axis));
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) yield (o * size + index) * inner + i;
}

function canVary(shape: readonly number[], axis: number): boolean {
  const size = shape[axis] ?? 1;
  return size > 1 && elementCount(shape) / size >= LEAST_PER_SLICE;
}

function scaledAlong(stored: PlainTensor, wanted: PlainTensor): Relation | null {
  const { shape } = wanted;
  const size = largest(stored.values);
  for (const axis of shape.keys()) {
    if (!canVary(shape, axis)) continue;
    const factors: number[] = [];
    const [own, other]: [number[], number[]] = [[], []];
    for (let index = 0; index < (shape[axis] ?? 1); index++) {
      let [products, squares, squared] = [0, 0, 0];
      for (const i of slice(shape, axis, index)) {
        products += (stored.values[i] ?? 0) * (wanted.values[i] ?? 0);
        squares += (wanted.values[i] ?? 0) ** 2;
        squared += (stored.values[i] ?? 0) ** 2;
      }
      const factor = squares === 0 ? 1 : products / squares;
      if (factor === 0) break;
      let fits = true;
      for (const i of slice(shape, axis, index))
        fits &&= near(stored.values[i] ?? 0, factor * (wanted.values[i] ?? 0), Math.min(size, Math.sqrt(squared)));
      if (!fits) break;
      factors.push(factor);
      own.push(Math.sqrt(squared));
      other.push(Math.sqrt(squares));
    }
    if (factors.length !== shape[axis]) continue;
    const isUnit = (norms: readonly number[]): boolean => norms.every((norm) => Math.abs(norm - 1) < 1e-5);
    const unit = isUnit(own) ? "stored" : isUnit(other) ? "wanted" : null;
    const hint =
      unit === null ? "" : ` (the ${unit} slices all have norm 1, as directions of a weight normalisation have)`;
    return {
      kind: "scaled-along",
      axis,
      unit,
      description: `the wanted ones, each index of axis ${axis} times a factor of its own${hint}`,
      undo:
        factors.length > MAX_VECTOR
          ? null
          : [{ kind: "multiply-along", axis, values: factors.map((factor) => 1 / factor) }],
    };
  }
  return null;
}

function offsetAlong(stored: PlainTensor, wanted: PlainTensor): Relation | null {
  const { shape } = wanted;
  const size = Math.max(largest(stored.values), largest(wanted.values));
  for (const axis of shape.keys()) {
    if (!canVary(shape, axis)) continue;
    const offsets: number[] = [];
    for (let index = 0; index < (shape[axis] ?? 1); index++) {
      let [sum, count] = [0, 0];
      for (const i of slice(shape, axis, index)) {
        sum += (stored.values[i] ?? 0) - (wanted.values[i] ?? 0);
        count++;
      }
      const mean = sum / count;
      let fits = true;
      for (const i of slice(shape, axis, index))
        fits &&= near(stored.values[i] ?? 0, (wanted.values[i] ?? 0) + mean, size);
      if (!fits) break;
      offsets.push(mean);
    }
    if (offsets.length !== shape[axis]) continue;
    return {
      kind: "offset-along",
      axis,
      description: `the wanted ones plus one number for each index of axis ${axis}`,
      undo:
        offsets.length > MAX_VECTOR ? null : [{ kind: "add-along", axis, values: offsets.map((offset) => -offset) }],
    };
  }
  return null;
}
