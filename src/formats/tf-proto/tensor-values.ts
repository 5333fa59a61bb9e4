import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { formatError, type ParityError } from "../../errors.js";
import { bytesPerElement } from "../dtype.js";
import type { DType } from "../types.js";
import { ProtoReader, type ProtoSource } from "./proto-reader.js";

/** A protobuf cannot hold 2 GiB, and a repeated value that would fill more is no constant that a model needs. */
const MAX_CONSTANT_BYTES = 2 ** 31 - 1;

interface ValueField {
  readonly field: number;
  /** The element of the repeated field: a varint, or a fixed width in bytes. */
  readonly width: "varint" | 4 | 8;
}

/** Which repeated field holds the values of a dtype (tensorflow/core/framework/tensor.proto). */
function valueField(dtype: DType): ValueField {
  switch (dtype) {
    case "float32":
      return { field: 5, width: 4 };
    case "float64":
      return { field: 6, width: 8 };
    case "complex64":
      return { field: 9, width: 4 };
    case "complex128":
      return { field: 12, width: 8 };
    case "int64":
      return { field: 10, width: "varint" };
    case "bool":
      return { field: 11, width: "varint" };
    case "float16":
    case "bfloat16":
      return { field: 13, width: "varint" };
    case "uint32":
      return { field: 16, width: "varint" };
    case "uint64":
      return { field: 17, width: "varint" };
    default:
      return { field: 7, width: "varint" };
  }
}

/**
 * The bytes (row-major, little-endian) of a numeric constant of `elements` elements. `tensor_content` counts when it
 * is there; else the repeated field of the dtype, whose last value stands for all that are missing, and zeros when
 * there is none (`Tensor::FromProto`).
 */
export function decodeTensorBytes(raw: Uint8Array, dtype: DType, elements: number, source: ProtoSource): Uint8Array {
  const size = bytesPerElement(dtype);
  const fail = (what: string) => constantError(source, what);
  const total = elements * size;
  if (total > MAX_CONSTANT_BYTES) throw fail(`claims ${total} bytes; at most ${MAX_CONSTANT_BYTES} are accepted`);
  const isFloat8 = dtype === "float8_e5m2" || dtype === "float8_e4m3fn";
  const { field, width } = isFloat8 ? { field: 18, width: 4 as const } : valueField(dtype);
  let content: Uint8Array = new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  const reader = new ProtoReader(raw, source);
  reader.parse(() =>
    reader.root(
      "TensorProto",
      (found) => {
        if (found === 4) content = reader.rawBytes();
        else if (found !== field) reader.skip();
        else if (isFloat8) chunks.push(reader.rawBytes());
        else if (width === "varint") chunks.push(packVarints(reader.packedBytes(WireType.Varint), size));
        else chunks.push(reader.packedBytes(width === 4 ? WireType.Bit32 : WireType.Bit64));
        return true;
      },
      [],
    ),
  );
  if (content.length > 0) {
    if (content.length === total) return content;
    throw fail(`holds ${content.length} bytes of content for ${elements} elements of ${dtype} (${total} bytes)`);
  }
  return repeatLast(Buffer.concat(chunks), size, total, fail);
}

function repeatLast(values: Uint8Array, size: number, total: number, fail: (what: string) => ParityError): Uint8Array {
  if (values.length % size !== 0) throw fail(`holds ${values.length} bytes, not a multiple of ${size}`);
  const result = new Uint8Array(total);
  result.set(values.subarray(0, total));
  if (values.length > 0 && values.length < total) {
    const last = values.subarray(values.length - size);
    for (let at = values.length; at < total; at += size) result.set(last, at);
  }
  return result;
}

/** Rewrites varints as little-endian words of `size` bytes; higher bits fall away, as the C++ casts let them. */
function packVarints(varints: Uint8Array, size: number): Uint8Array {
  const reader = new BinaryReader(varints);
  const words = new DataView(new ArrayBuffer(varints.length * size));
  let at = 0;
  for (; reader.pos < reader.len; at += size) {
    if (size === 8) words.setBigInt64(at, BigInt(reader.int64()), true);
    else if (size === 4) words.setInt32(at, reader.int32(), true);
    else if (size === 2) words.setInt16(at, reader.int32(), true);
    else words.setInt8(at, reader.int32());
  }
  return new Uint8Array(words.buffer, 0, at);
}

/** The elements of a string constant, by the same rules; its `tensor_content` is all lengths, then all bytes. */
export function decodeTensorStrings(raw: Uint8Array, elements: number, source: ProtoSource): readonly Uint8Array[] {
  const fail = (what: string) => constantError(source, what);
  // An element of a list takes a reference of eight bytes.
  if (elements * 8 > MAX_CONSTANT_BYTES) throw fail(`claims ${elements} strings`);
  let content: Uint8Array = new Uint8Array(0);
  const values: Uint8Array[] = [];
  const reader = new ProtoReader(raw, source);
  reader.parse(() =>
    reader.root(
      "TensorProto",
      (field) => {
        if (field === 4) content = reader.rawBytes();
        else if (field === 8) values.push(reader.rawBytes());
        else reader.skip();
        return true;
      },
      [],
    ),
  );
  if (content.length > 0) return reader.parse(() => splitStrings(content, elements));
  const last = values[values.length - 1] ?? new Uint8Array(0);
  return Array.from({ length: elements }, (_, index) => values[index] ?? last);
}

function splitStrings(content: Uint8Array, elements: number): readonly Uint8Array[] {
  const reader = new BinaryReader(content);
  const lengths: number[] = [];
  for (let index = 0; index < elements; index++) lengths.push(reader.uint32());
  return lengths.map((length) => {
    const start = reader.pos;
    reader.pos += length;
    if (reader.pos > reader.len) throw new RangeError(`a string of ${length} bytes runs past the tensor's content`);
    return content.subarray(start, reader.pos);
  });
}

function constantError(source: ProtoSource, what: string): ParityError {
  const where = source.offset === undefined ? { file: source.file } : { file: source.file, offset: source.offset };
  return formatError(`${source.file}: a constant (TensorProto) ${what}`, where);
}
