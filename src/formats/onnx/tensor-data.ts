import { formatError, ParityError } from "../../errors.js";
import { type ByteSource, sliceSource } from "../byte-source.js";
import { bytesPerElement, elementCount } from "../dtype.js";
import type { DType, LazyTensor } from "../types.js";
import { elemTypeName, elemTypeToDType, isFourBit } from "./elem-type.js";
import type { ExternalFiles } from "./external-data.js";
import type { OnnxTensor } from "./types.js";

/** Which repeated field may hold the numbers of a type (onnx.proto3), other than 5, `int32_data`. */
const TYPED_FIELD: Readonly<Partial<Record<DType, number>>> = {
  float32: 4,
  complex64: 4,
  int64: 7,
  float64: 10,
  complex128: 10,
  uint32: 11,
  uint64: 11,
};

/**
 * An initializer as a lazy tensor. Sizes are checked against the file at once, numbers are read when asked for. Throws
 * FORMAT_INVALID where the data do not have the size that type and shape demand, and FORMAT_UNSUPPORTED for element types
 * that parity does not read.
 */
export function lazyTensor(tensor: OnnxTensor, model: ByteSource, external: ExternalFiles): LazyTensor {
  const { name, elemType, dims, offset } = tensor;
  const where = { file: model.file, offset, key: name };
  const dtype = elemTypeToDType(elemType);
  if (dtype === undefined) {
    throw new ParityError("FORMAT_UNSUPPORTED", `the tensor ${name} is of type ${elemTypeName(elemType)}`, {
      where,
      hint: "parity reads the floats of 16 to 64 bits, FLOAT8E4M3FN and FLOAT8E5M2, integers of 4 to 64 bits, BOOL, COMPLEX and STRING.",
    });
  }
  const elements = elementCount(dims);
  if (dtype === "string") return stringTensor(tensor, elements, where);
  const byteLength = elements * bytesPerElement(dtype);
  const stored = isFourBit(elemType) ? Math.ceil(elements / 2) : byteLength;
  const source = sourceOf(tensor, dtype, stored, model, external);
  const location = {
    file: source.file,
    ...(source.origin === undefined ? {} : { offset: source.origin }),
    ...(source.origin === undefined || isFourBit(elemType) ? {} : { inOnePiece: true as const }),
  };
  return {
    name,
    dtype,
    shape: dims,
    byteLength,
    location,
    read: isFourBit(elemType)
      ? (target, byteOffset) => readNibbles(source, elemType === 22, target, byteOffset)
      : (target, byteOffset) => source.read(target, byteOffset),
  };
}

function sourceOf(
  tensor: OnnxTensor,
  dtype: DType,
  size: number,
  model: ByteSource,
  external: ExternalFiles,
): ByteSource {
  const { data, name, elemType, dims, offset } = tensor;
  const wrongSize = (found: number): ParityError =>
    formatError(
      `the tensor ${name} holds ${found} bytes, but [${dims.join(", ")}] of ${elemTypeName(elemType)} takes ${size}`,
      { file: model.file, offset, key: name },
      "The file is cut off or damaged: fetch or export it again.",
    );
  switch (data.kind) {
    case "in-file":
      if (data.length !== size) throw wrongSize(data.length);
      return sliceSource(model, data.offset, size, `the tensor ${name}`);
    case "external": {
      if (data.length !== null && data.length !== size) throw wrongSize(data.length);
      return sliceSource(external.file(data.location, name), data.offset, size, `the tensor ${name}`);
    }
    case "raw":
      if (data.bytes.length !== size) throw wrongSize(data.bytes.length);
      return inMemory(data.bytes, model.file);
    case "typed": {
      const field = TYPED_FIELD[dtype] ?? 5;
      if (data.bytes.length > 0 && data.field !== field) {
        throw formatError(
          `the tensor ${name} of ${elemTypeName(elemType)} has its numbers in field ${data.field}, where field ${field} belongs`,
          { file: model.file, offset, key: name },
        );
      }
      const bytes = narrow(data.bytes, field, dtype);
      if (bytes.length !== size) throw wrongSize(bytes.length);
      return inMemory(bytes, model.file);
    }
  }
}

/** `int32_data` and `uint64_data` hold narrower numbers one per word. */
function narrow(words: Uint8Array, field: number, dtype: DType): Uint8Array {
  const width = field === 7 || field === 10 || field === 11 ? 8 : 4;
  const size = Math.min(width, bytesPerElement(dtype));
  if (field === 4 || field === 10 || size === width) return words;
  const narrowed = new Uint8Array((words.length / width) * size);
  for (let from = 0, to = 0; from < words.length; from += width, to += size) {
    narrowed.set(words.subarray(from, from + size), to);
  }
  return narrowed;
}

function inMemory(bytes: Uint8Array, file: string): ByteSource {
  return {
    file,
    origin: undefined,
    size: bytes.length,
    read: (target, position) => target.set(bytes.subarray(position, position + target.byteLength)),
  };
}

/** Unpacks 4-bit integers, the lower half of each byte first. */
function readNibbles(source: ByteSource, isSigned: boolean, target: Uint8Array, first: number): void {
  const start = Math.floor(first / 2);
  const packed = new Uint8Array(Math.ceil((first + target.byteLength) / 2) - start);
  source.read(packed, start);
  for (let i = 0; i < target.byteLength; i += 1) {
    const at = first + i;
    const byte = packed[Math.floor(at / 2) - start] ?? 0;
    const nibble = at % 2 === 0 ? byte & 0xf : byte >>> 4;
    target[i] = isSigned && nibble > 7 ? nibble - 16 : nibble;
  }
}

function stringTensor(
  tensor: OnnxTensor,
  elements: number,
  where: { readonly file: string; readonly offset: number; readonly key: string },
): LazyTensor {
  const strings = tensor.data.kind === "typed" ? tensor.data.strings : null;
  if (strings === null || strings.length !== elements) {
    throw formatError(
      `the tensor ${tensor.name} holds ${strings?.length ?? "no"} strings for ${elements} elements`,
      where,
    );
  }
  return {
    name: tensor.name,
    dtype: "string",
    shape: tensor.dims,
    byteLength: 0,
    location: { file: where.file, offset: where.offset },
    read: () => {},
    strings: () => strings,
  };
}
