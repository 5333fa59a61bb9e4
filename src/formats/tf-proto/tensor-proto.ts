import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { formatError, ParityError } from "../../errors.js";
import { elementCount } from "../dtype.js";
import { bfloat16ToFloat32, float8E4m3fnToFloat32, float8E5m2ToFloat32, float16ToFloat32 } from "../half.js";
import type { DType } from "../types.js";
import { dataTypeName, toDataType, toDType } from "./data-type.js";
import { ProtoReader, type ProtoSource } from "./proto-reader.js";
import { readTensorShape, writeTensorShape } from "./tensor-shape.js";
import { decodeTensorBytes, decodeTensorStrings } from "./tensor-values.js";
import type { TensorShape } from "./types.js";
import { writeBytes, writeMessage } from "./write-fields.js";

/** What `TensorProto.values()` gives: 16- and 8-bit floats decoded exactly, complex numbers as (re, im) pairs. */
export type TensorValues =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly Uint8Array[];

/**
 * A constant of a graph. The message is kept as it stands in the file and its numbers are decoded when asked for, so
 * writing a graph back changes no bit of its constants. To change one, put a new one in its place (`makeTensorProto`).
 */
export class TensorProto {
  /** `raw` is the message's bytes; `source` says where it lies in its file. Throws FORMAT_INVALID when it is damaged. */
  static decode(raw: Uint8Array, source: ProtoSource): TensorProto {
    const reader = new ProtoReader(raw, source);
    const head = new TensorHead(reader);
    const onField = (field: number): boolean => {
      if (!head.onField(field)) reader.skip();
      return true;
    };
    reader.parse(() => reader.root("TensorProto", onField, []));
    return new TensorProto(head.dataType, head.shape, raw, source);
  }

  constructor(
    /** TensorFlow's `DataType` number. */
    readonly dataType: number,
    readonly shape: TensorShape,
    /** The message's bytes. */
    readonly raw: Uint8Array,
    private readonly source: ProtoSource,
  ) {}

  /** Our name of the data type; undefined for resources, variants and types that parity does not read. */
  get dtype(): DType | undefined {
    return toDType(this.dataType);
  }

  /** The sizes of all axes. Throws FORMAT_INVALID when the shape is not fully known, which no constant may have. */
  dims(): readonly number[] {
    if ("unknownRank" in this.shape || this.shape.dims.includes(-1)) {
      throw this.fail("a constant whose shape is not known");
    }
    return this.shape.dims;
  }

  /** The tensor's bytes: row-major, little-endian. Throws for strings (see `strings`) and for unsupported types. */
  bytes(): Uint8Array {
    return decodeTensorBytes(this.raw, this.numericDType(), this.elements(), this.source);
  }

  /** The elements of a string tensor. */
  strings(): readonly Uint8Array[] {
    if (this.dtype !== "string") throw this.unsupported("is not a string tensor");
    return decodeTensorStrings(this.raw, this.elements(), this.source);
  }

  /** The elements in row-major order. */
  values(): TensorValues {
    return this.dtype === "string" ? this.strings() : viewNumbers(this.numericDType(), this.bytes());
  }

  private elements(): number {
    return elementCount(this.dims());
  }

  private numericDType(): DType {
    const { dtype } = this;
    if (dtype === undefined || dtype === "string") throw this.unsupported("has no numbers that can be read");
    return dtype;
  }

  private fail(what: string): ParityError {
    return formatError(`${this.source.file}: TensorProto: ${what}`, this.source);
  }

  private unsupported(what: string): ParityError {
    const message = `${this.source.file}: a constant of type ${dataTypeName(this.dataType)} ${what}`;
    return new ParityError("FORMAT_UNSUPPORTED", message, { where: this.source });
  }
}

/** The two fields that are decoded at once. */
class TensorHead {
  dataType = 0;
  shape: TensorShape = { dims: [] };

  constructor(private readonly reader: ProtoReader) {}

  onField(field: number): boolean {
    if (field === 1) this.dataType = this.reader.int32();
    else if (field === 2) this.shape = readTensorShape(this.reader);
    else return false;
    return true;
  }
}

/** Reads the current field as a `TensorProto`. */
export function readTensorProto(reader: ProtoReader): TensorProto {
  const head = new TensorHead(reader);
  const raw = reader.nestedRaw("TensorProto", (field) => head.onField(field));
  return new TensorProto(head.dataType, head.shape, raw, reader.sourceOf(raw));
}

/** A constant made from row-major little-endian bytes, whose length must be that of `shape` in `dtype`. */
export function makeTensorProto(dtype: DType, shape: readonly number[], bytes: Uint8Array): TensorProto {
  if (dtype === "string") throw new RangeError("string constants are not made from bytes");
  const writer = new BinaryWriter();
  const dataType = toDataType(dtype);
  writer.tag(1, WireType.Varint).int32(dataType);
  writeMessage(writer, 2, () => writeTensorShape(writer, { dims: shape }));
  writeBytes(writer, 4, bytes);
  const made = new TensorProto(dataType, { dims: shape }, writer.finish(), { file: "a constant made here" });
  made.bytes(); // checks the length
  return made;
}

/** Writes the fields of a `TensorProto`. */
export function writeTensorProto(writer: BinaryWriter, tensor: TensorProto): void {
  writer.raw(tensor.raw);
}

function viewNumbers(dtype: DType, bytes: Uint8Array): TensorValues {
  switch (dtype) {
    case "float16":
      return widen(float16ToFloat32, words(Uint16Array, bytes));
    case "bfloat16":
      return widen(bfloat16ToFloat32, words(Uint16Array, bytes));
    case "float8_e4m3fn":
      return widen(float8E4m3fnToFloat32, bytes);
    case "float8_e5m2":
      return widen(float8E5m2ToFloat32, bytes);
    case "float32":
    case "complex64":
      return words(Float32Array, bytes);
    case "float64":
    case "complex128":
      return words(Float64Array, bytes);
    case "int64":
      return words(BigInt64Array, bytes);
    case "uint64":
      return words(BigUint64Array, bytes);
    case "int32":
      return words(Int32Array, bytes);
    case "uint32":
      return words(Uint32Array, bytes);
    case "int16":
      return words(Int16Array, bytes);
    case "uint16":
      return words(Uint16Array, bytes);
    case "int8":
      return words(Int8Array, bytes);
    default:
      return bytes;
  }
}

function widen<T extends Uint8Array | Uint16Array>(into: (bits: T, out: Float32Array) => void, bits: T): Float32Array {
  const numbers = new Float32Array(bits.length);
  into(bits, numbers);
  return numbers;
}

/** A typed array over a copy of the bytes: content in a file is rarely aligned to its element size. */
function words<T>(kind: new (buffer: ArrayBuffer) => T, bytes: Uint8Array): T {
  const buffer = new ArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return new kind(buffer);
}
