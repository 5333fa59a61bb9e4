import { elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { readBlocks } from "./block-reader.js";
import { compareTensors } from "./compare-tensors.js";
import { fitsFloat32, isNumeric } from "./decode.js";
import { relateAxes } from "./relate-axes.js";
import { relateOrder, relateRows } from "./relate-order.js";
import { relateScale } from "./relate-scale.js";
import { relateSquareBlocks } from "./relate-square-blocks.js";
import type { Relation } from "./relation.js";
import type { Metrics } from "./types.js";
import type { PlainTensor } from "./undo-steps.js";

export interface RelateOptions {
  /** Sizes that an axis may have been flattened from, as wanted: [height, width, channels] before a dense layer. */
  readonly flattened?: readonly (readonly number[])[];
  /** For tests: elements up to which tensors are read whole. */
  readonly maxElements?: number;
}

/** 64 MiB of float32 on either side. */
const MAX_ELEMENTS = 2 ** 24;
/** Elements that are read at once. */
const BLOCK = 2 ** 20;
/** Below this relative error two tensors are the same computed twice. */
const ROUNDING = 2e-6;
/** Cosine from which two tensors are one at two times of its training (measured for moving averages: 0.99995). */
const CLOSE_COSINE = 0.999;
/** The relative error of any part is within this factor of the whole's when it is called uniform. */
const UNIFORM = 3;

/**
 * How the values that a parameter holds relate to those that it should hold, of the simplest kind that fits: the first of
 * the same, axes exchanged or flipped, another order along an axis, a function of the wanted values, some rows only, nearly
 * the same, unrelated. `wanted` is the variable in the layout that the module needs: the shapes are the same, or differ in
 * the number of rows.
 *
 * Tensors of more than 2²⁴ elements are judged by their first rows: what is found then holds for those. Memory is bounded
 * by 400 MiB.
 *
 * @throws ParityError when a file is shorter than it claims
 */
export function relateValues(stored: LazyTensor, wanted: LazyTensor, options: RelateOptions = {}): Relation {
  if (!isNumeric(stored.dtype) || !isNumeric(wanted.dtype) || elementCount(wanted.shape) === 0) return unrelated(0);
  const limit = options.maxElements ?? MAX_ELEMENTS;
  const isWide = !fitsFloat32(stored.dtype) || !fitsFloat32(wanted.dtype);
  const own = readPlain(stored, limit, isWide);
  const other = readPlain(wanted, limit, isWide);
  const sameShape = own.shape.join() === other.shape.join();
  if (!sameShape) return relateRows(own, other) ?? unrelated(0);
  if (own.values.every((value, i) => value === other.values[i]))
    return { kind: "same", exact: true, description: "the wanted ones", undo: [] };
  // One number over and over is nobody's values in another order or at another scale.
  const isConstant = own.values.every((value) => value === own.values[0]);
  const otherConstant = other.values.every((value) => value === other.values[0]);
  if (isConstant && !otherConstant) return unrelated(cosineOf(own, other));
  const rough = figuresOf(own, other);
  if (rough.nonFiniteMismatch === null && rough.relativeL2 <= ROUNDING)
    return { kind: "same", exact: false, description: "the wanted ones but for rounding", undo: [] };
  const reordered = haveSameValues(own, other)
    ? (relateAxes(own, other) ?? relateSquareBlocks(own, other) ?? relateOrder(own, other, options.flattened ?? []))
    : null;
  return reordered ?? relateScale(own, other) ?? relateRows(own, other) ?? closeness(own, other, rough);
}

function readPlain(tensor: LazyTensor, limit: number, isWide: boolean): PlainTensor {
  const [rows = 1, ...rest] = tensor.shape;
  const width = elementCount(rest);
  const kept = tensor.shape.length === 0 ? 1 : Math.min(rows, Math.max(1, Math.floor(limit / Math.max(1, width))));
  const shape = tensor.shape.length === 0 ? [] : [kept, ...rest];
  const count = elementCount(shape);
  const values = isWide ? new Float64Array(count) : new Float32Array(count);
  const reader = readBlocks(tensor, Math.min(count, BLOCK));
  for (let at = 0; at < count; at += BLOCK) {
    const length = Math.min(BLOCK, count - at);
    reader.read(at, length, values.subarray(at, at + length));
  }
  return { shape, values };
}

/** Whether two tensors may hold the same numbers in another order: one pass that spares all others most searches. */
function haveSameValues({ values }: PlainTensor, other: PlainTensor): boolean {
  let [sum, squares, scale] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const a = values[i] ?? 0;
    const b = other.values[i] ?? 0;
    sum += a - b;
    squares += a * a - b * b;
    scale += a * a + b * b;
  }
  // Not finite: nothing can be said, and the search is exact anyway.
  if (!Number.isFinite(scale)) return true;
  const rounding = 1e-12;
  return Math.abs(squares) <= rounding * scale && Math.abs(sum) <= rounding * Math.sqrt(2 * values.length * scale);
}

function asTensor({ shape, values }: PlainTensor, start: number, end: number): LazyTensor {
  const part = values.subarray(start, end);
  const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  return {
    name: "values",
    dtype: values instanceof Float32Array ? "float32" : "float64",
    shape: start === 0 && end === values.length ? shape : [end - start],
    byteLength: bytes.length,
    location: { file: "memory" },
    read: (target, byteOffset) => target.set(bytes.subarray(byteOffset, byteOffset + target.length)),
  };
}

function figuresOf(own: PlainTensor, other: PlainTensor, start = 0, end = own.values.length): Metrics {
  return compareTensors(asTensor(other, start, end), asTensor(own, start, end));
}

function cosineOf(own: PlainTensor, other: PlainTensor): number {
  return figuresOf(own, other).cosine;
}

function closeness(own: PlainTensor, other: PlainTensor, whole: Metrics): Relation {
  const { relativeL2, cosine } = whole;
  if (whole.nonFiniteMismatch !== null || !(cosine > CLOSE_COSINE)) return unrelated(cosine);
  const count = own.values.length;
  const parts = Math.min(8, Math.max(1, Math.floor(count / 16)));
  const uniform = Array.from({ length: parts }, (_, i) => {
    const [start, end] = [Math.floor((i * count) / parts), Math.floor(((i + 1) * count) / parts)];
    return figuresOf(own, other, start, end).relativeL2;
  }).every((error) => error <= UNIFORM * relativeL2 && error >= relativeL2 / UNIFORM);
  return {
    kind: "close",
    relativeL2,
    cosine,
    uniform,
    description: `off by ${relativeL2.toExponential(1)} of the wanted ones' size${uniform ? ", alike in all parts" : ""} (cosine ${cosine.toFixed(5)}), as a moving average or another step of training is`,
    undo: null,
  };
}

function unrelated(cosine: number): Relation {
  return { kind: "unrelated", cosine, description: `unrelated (cosine ${cosine.toFixed(2)})`, undo: null };
}
