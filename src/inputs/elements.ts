import { bytesPerElement, elementCount } from "../formats/dtype.js";
import type { DType } from "../formats/types.js";
import { BFLOAT16, decodeSmallFloat, encodeSmallFloat, FLOAT16, type SmallFloat } from "./small-float.js";

/** An integer beyond 2⁵³ is a bigint, everything else a number. */
export type Element = number | bigint;

interface Codec {
  get(view: DataView, offset: number): Element;
  set(view: DataView, offset: number, value: Element): void;
}

/** dtypes whose elements can be read and made one by one. */
const CODECS: Partial<Record<DType, Codec>> = {
  float64: { get: (v, o) => v.getFloat64(o, true), set: (v, o, x) => v.setFloat64(o, Number(x), true) },
  float32: { get: (v, o) => v.getFloat32(o, true), set: (v, o, x) => v.setFloat32(o, Number(x), true) },
  float16: smallFloatCodec(FLOAT16),
  bfloat16: smallFloatCodec(BFLOAT16),
  int64: { get: (v, o) => narrow(v.getBigInt64(o, true)), set: (v, o, x) => v.setBigInt64(o, widen(x), true) },
  uint64: { get: (v, o) => narrow(v.getBigUint64(o, true)), set: (v, o, x) => v.setBigUint64(o, widen(x), true) },
  int32: { get: (v, o) => v.getInt32(o, true), set: (v, o, x) => v.setInt32(o, Number(x), true) },
  uint32: { get: (v, o) => v.getUint32(o, true), set: (v, o, x) => v.setUint32(o, Number(x), true) },
  int16: { get: (v, o) => v.getInt16(o, true), set: (v, o, x) => v.setInt16(o, Number(x), true) },
  uint16: { get: (v, o) => v.getUint16(o, true), set: (v, o, x) => v.setUint16(o, Number(x), true) },
  int8: { get: (v, o) => v.getInt8(o), set: (v, o, x) => v.setInt8(o, Number(x)) },
  uint8: { get: (v, o) => v.getUint8(o), set: (v, o, x) => v.setUint8(o, Number(x)) },
  bool: { get: (v, o) => (v.getUint8(o) === 0 ? 0 : 1), set: (v, o, x) => v.setUint8(o, x === 0 || x === 0n ? 0 : 1) },
};

/** Whether elements of this dtype can be generated, read from JSON and cast. */
export function hasElements(dtype: DType): boolean {
  return CODECS[dtype] !== undefined;
}

/** True for the dtypes that hold fractions. */
export function isFloating(dtype: DType): boolean {
  return dtype === "float64" || dtype === "float32" || dtype === "float16" || dtype === "bfloat16";
}

/**
 * The bytes of a tensor whose element i is `make(i)`, rounded to the dtype where that is a floating one.
 * `onLoss` is called for every element that the dtype cannot hold as it is.
 */
export function encodeElements(
  dtype: DType,
  shape: readonly number[],
  make: (index: number) => Element,
  onLoss?: (index: number, value: Element) => void,
): Uint8Array {
  const codec = codecOf(dtype);
  const size = bytesPerElement(dtype);
  const count = elementCount(shape);
  const bytes = new Uint8Array(count * size);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    const value = make(i);
    codec.set(view, i * size, value);
    if (onLoss !== undefined && !isSame(codec.get(view, i * size), value)) onLoss(i, value);
  }
  return bytes;
}

/** A function that gives element i of a tensor's bytes. */
export function elementReader(dtype: DType, bytes: Uint8Array): (index: number) => Element {
  const codec = codecOf(dtype);
  const size = bytesPerElement(dtype);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (index) => codec.get(view, index * size);
}

function isSame(kept: Element, wanted: Element): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: 5n == 5 is the mathematical comparison that is meant here
  return kept == wanted || (Number.isNaN(kept) && Number.isNaN(wanted));
}

function codecOf(dtype: DType): Codec {
  const codec = CODECS[dtype];
  if (codec === undefined) throw new TypeError(`no element codec for ${dtype}`);
  return codec;
}

function smallFloatCodec(format: SmallFloat): Codec {
  return {
    get: (view, offset) => decodeSmallFloat(view.getUint16(offset, true), format),
    set: (view, offset, value) => view.setUint16(offset, encodeSmallFloat(Number(value), format), true),
  };
}

function narrow(value: bigint): Element {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function widen(value: Element): bigint {
  if (typeof value === "bigint") return value;
  // A fraction, NaN or infinity cannot be a bigint; what is stored instead differs from it, so that the loss is seen.
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}
