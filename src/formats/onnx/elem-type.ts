import type { DType } from "../types.js";

/** ONNX's `TensorProto.DataType` (onnx.proto3), as far as parity names them. */
export const ELEM = {
  float32: 1,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;

/** By number: ONNX's name, and ours for the values as they are read. 4-bit integers come unpacked, one per byte. */
const KINDS: ReadonlyMap<number, readonly [onnx: string, dtype: DType | null]> = new Map([
  [1, ["FLOAT", "float32"]],
  [2, ["UINT8", "uint8"]],
  [3, ["INT8", "int8"]],
  [4, ["UINT16", "uint16"]],
  [5, ["INT16", "int16"]],
  [6, ["INT32", "int32"]],
  [7, ["INT64", "int64"]],
  [8, ["STRING", "string"]],
  [9, ["BOOL", "bool"]],
  [10, ["FLOAT16", "float16"]],
  [11, ["DOUBLE", "float64"]],
  [12, ["UINT32", "uint32"]],
  [13, ["UINT64", "uint64"]],
  [14, ["COMPLEX64", "complex64"]],
  [15, ["COMPLEX128", "complex128"]],
  [16, ["BFLOAT16", "bfloat16"]],
  [17, ["FLOAT8E4M3FN", "float8_e4m3fn"]],
  [18, ["FLOAT8E4M3FNUZ", null]],
  [19, ["FLOAT8E5M2", "float8_e5m2"]],
  [20, ["FLOAT8E5M2FNUZ", null]],
  [21, ["UINT4", "uint8"]],
  [22, ["INT4", "int8"]],
  [23, ["FLOAT4E2M1", null]],
  [24, ["FLOAT8E8M0", null]],
  [25, ["UINT2", null]],
  [26, ["INT2", null]],
]);

/** ONNX's own name of a data type, `FLOAT16`. */
export function elemTypeName(elemType: number): string {
  return KINDS.get(elemType)?.[0] ?? `number ${elemType}`;
}

/** Our name of the values; undefined for types that parity does not read. */
export function elemTypeToDType(elemType: number): DType | undefined {
  return KINDS.get(elemType)?.[1] ?? undefined;
}

/** ONNX's number of a dtype (that of the byte-wide integer for what comes unpacked). */
export function dtypeToElemType(dtype: DType): number {
  for (const [number, [, own]] of KINDS) if (own === dtype) return number;
  throw new RangeError(`ONNX has no ${dtype}`);
}

/** Whether two elements share a byte: INT4 and UINT4, low half first. */
export function isFourBit(elemType: number): boolean {
  return elemType === 21 || elemType === 22;
}
