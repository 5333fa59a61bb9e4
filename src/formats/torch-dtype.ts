import { bytesPerElement } from "./dtype.js";
import type { DType } from "./types.js";

/** The element type of `UntypedStorage`, which counts bytes. */
export const UNTYPED = "untyped";

/** Storage classes of the module `torch` that pickles name, and what they hold. */
const STORAGES = new Map<string, DType>([
  ["DoubleStorage", "float64"],
  ["FloatStorage", "float32"],
  ["HalfStorage", "float16"],
  ["BFloat16Storage", "bfloat16"],
  ["LongStorage", "int64"],
  ["IntStorage", "int32"],
  ["ShortStorage", "int16"],
  ["CharStorage", "int8"],
  ["ByteStorage", "uint8"],
  ["BoolStorage", "bool"],
  ["ComplexFloatStorage", "complex64"],
  ["ComplexDoubleStorage", "complex128"],
]);

/** `torch.<name>` dtype objects, with their other spellings. */
const DTYPES = new Map<string, DType>([
  ["float64", "float64"],
  ["double", "float64"],
  ["float32", "float32"],
  ["float", "float32"],
  ["float16", "float16"],
  ["half", "float16"],
  ["bfloat16", "bfloat16"],
  ["float8_e4m3fn", "float8_e4m3fn"],
  ["float8_e5m2", "float8_e5m2"],
  ["int64", "int64"],
  ["long", "int64"],
  ["int32", "int32"],
  ["int", "int32"],
  ["int16", "int16"],
  ["short", "int16"],
  ["int8", "int8"],
  ["uint64", "uint64"],
  ["uint32", "uint32"],
  ["uint16", "uint16"],
  ["uint8", "uint8"],
  ["bool", "bool"],
  ["complex64", "complex64"],
  ["cfloat", "complex64"],
  ["complex128", "complex128"],
  ["cdouble", "complex128"],
]);

/** What a storage class such as `torch.FloatStorage` holds: a dtype, `untyped`, or undefined for other globals. */
export function storageElementType(global: string): DType | typeof UNTYPED | undefined {
  if (global === "torch.storage.UntypedStorage" || global === "torch.UntypedStorage") return UNTYPED;
  return global.startsWith("torch.") ? STORAGES.get(global.slice("torch.".length)) : undefined;
}

/** The dtype that a global such as `torch.float8_e5m2` names, or undefined for other globals. */
export function torchDType(global: string): DType | undefined {
  return global.startsWith("torch.") ? DTYPES.get(global.slice("torch.".length)) : undefined;
}

/** Bytes of one element of a storage; 1 for `untyped`. */
export function storageElementBytes(elementType: DType | typeof UNTYPED): number {
  return elementType === UNTYPED ? 1 : bytesPerElement(elementType);
}
