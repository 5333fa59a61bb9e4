import type { DType } from "../types.js";

/** TensorFlow's `DataType` enum (tensorflow/core/framework/types.proto), without the `DT_` prefix. */
export const DataType = {
  INVALID: 0,
  FLOAT: 1,
  DOUBLE: 2,
  INT32: 3,
  UINT8: 4,
  INT16: 5,
  INT8: 6,
  STRING: 7,
  COMPLEX64: 8,
  INT64: 9,
  BOOL: 10,
  QINT8: 11,
  QUINT8: 12,
  QINT32: 13,
  BFLOAT16: 14,
  QINT16: 15,
  QUINT16: 16,
  UINT16: 17,
  COMPLEX128: 18,
  HALF: 19,
  RESOURCE: 20,
  VARIANT: 21,
  UINT32: 22,
  UINT64: 23,
  FLOAT8_E5M2: 24,
  FLOAT8_E4M3FN: 25,
  FLOAT8_E4M3FNUZ: 26,
  FLOAT8_E4M3B11FNUZ: 27,
  FLOAT8_E5M2FNUZ: 28,
  INT4: 29,
  UINT4: 30,
  INT2: 31,
  UINT2: 32,
  FLOAT4_E2M1FN: 33,
} as const;

/** A reference type (TensorFlow 1's ref variables) is its base type plus 100. */
const REF_OFFSET = 100;

/** Quantized types hold plain integers; their scale lives in the graph. They come last so that the way back skips them. */
const DTYPES = new Map<number, DType>([
  [DataType.FLOAT, "float32"],
  [DataType.DOUBLE, "float64"],
  [DataType.INT32, "int32"],
  [DataType.UINT8, "uint8"],
  [DataType.INT16, "int16"],
  [DataType.INT8, "int8"],
  [DataType.STRING, "string"],
  [DataType.COMPLEX64, "complex64"],
  [DataType.INT64, "int64"],
  [DataType.BOOL, "bool"],
  [DataType.BFLOAT16, "bfloat16"],
  [DataType.UINT16, "uint16"],
  [DataType.COMPLEX128, "complex128"],
  [DataType.HALF, "float16"],
  [DataType.UINT32, "uint32"],
  [DataType.UINT64, "uint64"],
  [DataType.FLOAT8_E5M2, "float8_e5m2"],
  [DataType.FLOAT8_E4M3FN, "float8_e4m3fn"],
  [DataType.QINT8, "int8"],
  [DataType.QUINT8, "uint8"],
  [DataType.QINT32, "int32"],
  [DataType.QINT16, "int16"],
  [DataType.QUINT16, "uint16"],
]);

const DATA_TYPES = new Map<DType, number>();
for (const [dataType, dtype] of DTYPES) if (!DATA_TYPES.has(dtype)) DATA_TYPES.set(dtype, dataType);

const NAMES = new Map<number, string>(Object.entries(DataType).map(([name, value]) => [value, `DT_${name}`]));

/** The type of the values that a reference type refers to; other types are given back as they are. */
export function baseDataType(dataType: number): number {
  return dataType > REF_OFFSET ? dataType - REF_OFFSET : dataType;
}

/** Whether the number is one of TensorFlow 1's reference types (`DT_FLOAT_REF` and its like). */
export function isRefDataType(dataType: number): boolean {
  return dataType > REF_OFFSET;
}

/** Our name of a `DataType` number, also of its reference type; undefined for types that parity does not read. */
export function toDType(dataType: number): DType | undefined {
  return DTYPES.get(baseDataType(dataType));
}

/** The `DataType` number of a dtype; every `DType` has one. */
export function toDataType(dtype: DType): number {
  return DATA_TYPES.get(dtype) ?? DataType.INVALID;
}

/** TensorFlow's own name (`DT_FLOAT`, `DT_FLOAT_REF`), or `DT_<number>` for one that is not known. */
export function dataTypeName(dataType: number): string {
  const name = NAMES.get(baseDataType(dataType)) ?? `DT_${baseDataType(dataType)}`;
  return isRefDataType(dataType) ? `${name}_REF` : name;
}

/** The number that TensorFlow's own name means (`DT_FLOAT`, `DT_FLOAT_REF`, `1`); undefined for a name that is none. */
export function parseDataType(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const [, base = "", ref] = /^DT_(.*?)(_REF)?$/.exec(name) ?? [];
  const value = (DataType as Readonly<Record<string, number>>)[base];
  return value === undefined ? undefined : ref === undefined ? value : value + REF_OFFSET;
}
