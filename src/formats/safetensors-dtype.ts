import type { DType } from "./types.js";

/** Names of element types in safetensors headers. */
const NAMES: readonly (readonly [string, DType])[] = [
  ["F64", "float64"],
  ["F32", "float32"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["F8_E4M3", "float8_e4m3fn"],
  ["F8_E5M2", "float8_e5m2"],
  ["I64", "int64"],
  ["I32", "int32"],
  ["I16", "int16"],
  ["I8", "int8"],
  ["U64", "uint64"],
  ["U32", "uint32"],
  ["U16", "uint16"],
  ["U8", "uint8"],
  ["BOOL", "bool"],
  ["C64", "complex64"],
];

const TO_DTYPE = new Map(NAMES);
const TO_NAME = new Map(NAMES.map(([name, dtype]) => [dtype, name]));

/** The dtype that a header names, or undefined when parity does not read it (sub-byte and exponent-only types). */
export function dtypeOfSafetensors(name: string): DType | undefined {
  return TO_DTYPE.get(name);
}

/** The header name of a dtype, or undefined for `complex128` and `string`, which the format cannot hold. */
export function safetensorsNameOf(dtype: DType): string | undefined {
  return TO_NAME.get(dtype);
}
