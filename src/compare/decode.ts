import { bfloat16ToFloat32, float8E4m3fnToFloat32, float8E5m2ToFloat32, float16ToFloat32 } from "../formats/half.js";
import type { DType } from "../formats/types.js";

/** Dtypes whose every value is a float32 value, so that nothing is lost on the way through the float32 kernel. */
const WITHIN_FLOAT32: ReadonlySet<DType> = new Set<DType>([
  "float32",
  "float16",
  "bfloat16",
  "float8_e4m3fn",
  "float8_e5m2",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "bool",
]);

/** Whether float32 holds every value of a dtype. */
export function fitsFloat32(dtype: DType): boolean {
  return WITHIN_FLOAT32.has(dtype);
}

/** Whether the dtype is one that `decode` knows: everything but strings and complex numbers. */
export function isNumeric(dtype: DType): boolean {
  return dtype !== "string" && dtype !== "complex64" && dtype !== "complex128";
}

type Numbers =
  | Uint8Array
  | Uint16Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** Dtypes whose elements JavaScript reads as they are. */
const VIEWS = new Map<DType, new (bytes: ArrayBuffer, offset: number, length: number) => Numbers>([
  ["float64", Float64Array],
  ["float32", Float32Array],
  ["int32", Int32Array],
  ["int16", Int16Array],
  ["int8", Int8Array],
  ["uint32", Uint32Array],
  ["uint16", Uint16Array],
  ["uint8", Uint8Array],
]);

/**
 * Turns the first `length` elements in `bytes` (little-endian) into numbers. 64-bit integers beyond 2⁵³ are rounded here;
 * integers.ts takes their differences exactly. bool: 1 for any byte that is not 0.
 */
export function decode(dtype: DType, bytes: ArrayBuffer, length: number, out: Float32Array | Float64Array): void {
  const View = VIEWS.get(dtype);
  if (View !== undefined) out.set(new View(bytes, 0, length));
  else if (dtype === "bool") lookUp(TRUTH, new Uint8Array(bytes, 0, length), out);
  else if (isSmallFloat(dtype)) {
    const narrow = out instanceof Float32Array ? out : new Float32Array(length);
    widen(dtype, bytes, length, narrow);
    if (narrow !== out) out.set(narrow);
  } else if (dtype === "int64" || dtype === "uint64") {
    const high = dtype === "int64" ? new Int32Array(bytes, 0, 2 * length) : new Uint32Array(bytes, 0, 2 * length);
    joinWords(new Uint32Array(bytes, 0, 2 * length), high, out);
  } else throw new Error(`decode was given a ${dtype} tensor; callers ask isNumeric first`);
}

const TRUTH = new Float32Array(256).fill(1, 1);
type SmallFloat = "float16" | "bfloat16" | "float8_e4m3fn" | "float8_e5m2";

function isSmallFloat(dtype: DType): dtype is SmallFloat {
  return dtype === "float16" || dtype === "bfloat16" || dtype === "float8_e4m3fn" || dtype === "float8_e5m2";
}

function widen(dtype: SmallFloat, bytes: ArrayBuffer, length: number, out: Float32Array): void {
  if (dtype === "float16") float16ToFloat32(new Uint16Array(bytes, 0, length), out);
  else if (dtype === "bfloat16") bfloat16ToFloat32(new Uint16Array(bytes, 0, length), out);
  else if (dtype === "float8_e4m3fn") float8E4m3fnToFloat32(new Uint8Array(bytes, 0, length), out);
  else float8E5m2ToFloat32(new Uint8Array(bytes, 0, length), out);
}

function lookUp(table: Float32Array, codes: Uint8Array, out: Float32Array | Float64Array): void {
  for (let i = 0; i < codes.length; i++) out[i] = table[codes[i] ?? 0] ?? 0;
}

function joinWords(low: Uint32Array, high: Int32Array | Uint32Array, out: Float32Array | Float64Array): void {
  for (let i = 0; 2 * i < low.length; i++) out[i] = (high[2 * i + 1] ?? 0) * 2 ** 32 + (low[2 * i] ?? 0);
}
