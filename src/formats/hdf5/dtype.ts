import type { DType } from "../types.js";
import type { DatasetMetadata } from "./library.js";

/** Classes of types, as `H5T_class_t` numbers them. */
const CLASS = { integer: 0, float: 1, string: 3, opaque: 5, compound: 6, enumeration: 8 } as const;

const FLOATS: Readonly<Record<number, DType>> = { 2: "float16", 4: "float32", 8: "float64" };
const SIGNED: Readonly<Record<number, DType>> = { 1: "int8", 2: "int16", 4: "int32", 8: "int64" };
const UNSIGNED: Readonly<Record<number, DType>> = { 1: "uint8", 2: "uint16", 4: "uint32", 8: "uint64" };

/**
 * The type of a dataset's elements as h5py and Keras mean it: a FALSE/TRUE enumeration is bool, a pair of floats named r and i a
 * complex number. Keras keeps bfloat16 as two opaque bytes and says so in the attribute `dtype` (`stated`); nothing else tells
 * them from other opaque bytes. The library gives all numbers in this machine's byte order. Undefined for what is no tensor (other compounds, references, lists of any length).
 */
export function storedType(metadata: DatasetMetadata, stated: string | undefined): DType | undefined {
  const { type, size, signed } = metadata;
  switch (type) {
    case CLASS.float:
      return FLOATS[size];
    case CLASS.integer:
      return (signed ? SIGNED : UNSIGNED)[size];
    case CLASS.string:
      return "string";
    case CLASS.opaque:
      return size === 2 && stated === "bfloat16" ? "bfloat16" : undefined;
    case CLASS.enumeration: {
      const members = metadata.enum_type?.members ?? {};
      const isBool = size === 1 && Object.keys(members).length === 2 && members.FALSE === 0 && members.TRUE === 1;
      return isBool ? "bool" : undefined;
    }
    case CLASS.compound:
      return complexType(metadata);
    default:
      return undefined;
  }
}

/** True for the class of types that only the attribute `dtype` can tell. */
export function isOpaque({ type }: DatasetMetadata): boolean {
  return type === CLASS.opaque;
}

function complexType({ size, compound_type }: DatasetMetadata): DType | undefined {
  const [real, imaginary, ...others] = compound_type?.members ?? [];
  if (real === undefined || imaginary === undefined || others.length > 0) return undefined;
  const isPair = real.name === "r" && imaginary.name === "i" && real.offset === 0 && imaginary.offset === size / 2;
  const areFloats = [real, imaginary].every((one) => one.type === CLASS.float && one.size === size / 2);
  if (!isPair || !areFloats) return undefined;
  return size === 8 ? "complex64" : size === 16 ? "complex128" : undefined;
}

/** What an unreadable type is, for a message. */
export function nameType({ type, size }: DatasetMetadata): string {
  const names: Readonly<Record<number, string>> = {
    [CLASS.integer]: `integers of ${size} bytes`,
    [CLASS.float]: `floats of ${size} bytes`,
    [CLASS.opaque]: `${size} opaque bytes`,
    [CLASS.compound]: "records",
    [CLASS.enumeration]: "an enumeration",
    7: "references",
    9: "lists of any length",
    10: "arrays",
  };
  return names[type] ?? `HDF5 type class ${type}`;
}
