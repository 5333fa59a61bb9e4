import { type ErrorPlace, formatError, ParityError } from "../errors.js";
import { type ByteSource, readBytes, sliceSource } from "./byte-source.js";
import { checkShape } from "./check-shape.js";
import { bytesPerElement, elementCount } from "./dtype.js";
import { withFileBytes } from "./file-bytes.js";
import { MAX_NPY_HEADER_BYTES } from "./limits.js";
import { dtypeOfDescr } from "./npy-dtype.js";
import { parseLiteral } from "./npy-literal.js";
import { rowMajorStrides } from "./strided.js";
import { makeTensor, type TensorView } from "./tensor-view.js";
import type { DType, TensorFile } from "./types.js";

/** Magic, version and the longest length field. */
const PREFIX_BYTES = 12;

/** What the header of an `.npy` file says. */
export interface NpyHeader {
  readonly dtype: DType;
  readonly bigEndian: boolean;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  /** Bytes before the first element. */
  readonly dataStart: number;
}

/** True when bytes begin as every `.npy` file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(6, bytes.byteLength)).equals(
    Buffer.from("\x93NUMPY", "latin1"),
  );
}

/**
 * Opens an `.npy` file (versions 1 to 3, either byte order, C or Fortran order) as a file with the one tensor `array`.
 * Throws FORMAT_INVALID, or FORMAT_UNSUPPORTED for objects, text, dates and structured types.
 */
export function openNpy(path: string): TensorFile {
  return withFileBytes(path, (bytes) => {
    const view = npyView("array", bytes, readNpyHeader(bytes, "array"));
    const tensors = new Map([["array", makeTensor(view)]]);
    return { path, format: "npy", tensors, metadata: {}, aliases: [], close: () => bytes.close() };
  });
}

/** Reads the header of an array named `name` (for messages) from a source that may hold only the beginning of the file. */
export function readNpyHeader(source: ByteSource, name: string): NpyHeader {
  const where = { file: source.file, offset: source.origin ?? 0, key: name };
  const prefix = Buffer.from(readBytes(source, 0, Math.min(PREFIX_BYTES, source.size)));
  const major = prefix[6] ?? 0;
  const lengthBytes = major === 1 ? 2 : 4;
  const headerStart = 8 + lengthBytes;
  if (!isNpy(prefix) || prefix.length < headerStart) {
    throw formatError(`${name} does not begin with the signature of an npy file`, where);
  }
  if (major < 1 || major > 3) {
    throw new ParityError("FORMAT_UNSUPPORTED", `${name} is an npy file of version ${major}; parity reads 1 to 3`, {
      where,
    });
  }
  const headerBytes = lengthBytes === 2 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8);
  if (headerBytes > MAX_NPY_HEADER_BYTES) {
    throw formatError(
      `the npy header of ${name} claims ${headerBytes} bytes, more than ${MAX_NPY_HEADER_BYTES}`,
      where,
    );
  }
  if (headerStart + headerBytes > source.size) {
    throw formatError(
      `the npy header of ${name} claims ${headerBytes} bytes, but only ${source.size - headerStart} follow`,
      where,
      "The file is truncated: fetch or write it again.",
    );
  }
  const text = Buffer.from(readBytes(source, headerStart, headerBytes)).toString(major === 3 ? "utf8" : "latin1");
  return { ...interpretHeader(text, name, where), dataStart: headerStart + headerBytes };
}

/** The array that `header` describes in `source`. Throws FORMAT_INVALID when the source is shorter or longer. */
export function npyView(name: string, source: ByteSource, header: NpyHeader): TensorView {
  const { dtype, shape, bigEndian, dataStart } = header;
  const byteLength = elementCount(shape) * bytesPerElement(dtype);
  const data = sliceSource(source, dataStart, byteLength, `array ${name} of shape [${shape}] and dtype ${dtype}`);
  const view = { name, dtype, shape, source: data, bigEndian };
  return header.fortranOrder ? { ...view, strides: rowMajorStrides(shape.toReversed()).toReversed() } : view;
}

function interpretHeader(text: string, name: string, where: ErrorPlace): Omit<NpyHeader, "dataStart"> {
  const header = parseLiteral(text, where);
  if (!(header instanceof Map)) throw formatError(`the npy header of ${name} is not a dict`, where);
  const fortranOrder = header.get("fortran_order");
  if (typeof fortranOrder !== "boolean") throw formatError(`the npy header of ${name} has no fortran_order`, where);
  const shape = checkShape(header.get("shape"), name, where);
  return { ...dtypeOfDescr(header.get("descr"), name, where), shape, fortranOrder };
}
