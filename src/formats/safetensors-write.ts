import { ParityError } from "../errors.js";
import { bytesPerElement, elementCount } from "./dtype.js";
import { safetensorsNameOf } from "./safetensors-dtype.js";
import { createTemporaryFile } from "./temporary-file.js";
import type { DType, LazyTensor } from "./types.js";

/** Bytes that a lazy tensor is copied by: large enough for full disk speed, small enough not to show in memory. */
const COPY_BLOCK_BYTES = 4 * 1024 * 1024;

export interface TensorDeclaration {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface TensorToWrite extends TensorDeclaration {
  /** Row-major little-endian bytes, or a tensor to copy them from. */
  readonly data: Uint8Array | LazyTensor;
}

/** Writes one safetensors file whose tensors are known beforehand and whose bytes come in any order. */
export interface SafetensorsWriter {
  /** Writes `bytes` into the tensor `name` from `byteOffset` (default 0). */
  write(name: string, bytes: Uint8Array, byteOffset?: number): void;
  /** Completes the file under its real name. An error when some tensor did not get all its bytes. */
  finish(): void;
  /** Removes what was written. Does nothing after `finish`. */
  abort(): void;
}

/**
 * Writes `tensors` to `path`. They are laid out by descending element size, otherwise in the order given, so that each is
 * aligned. The file appears under its name only when it is complete, and replaces one that was there. Throws a
 * ParityError for names given twice, dtypes that the format cannot hold, wrong byte counts and failing disks.
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const list = [...tensors];
  const writer = createSafetensorsWriter(path, list, metadata);
  try {
    for (const { name, data } of list) {
      if (data instanceof Uint8Array) writer.write(name, data);
      else copyTensor(writer, name, data);
    }
    writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
}

/** Begins a safetensors file: the header is written at once, from the declared tensors. Errors as `writeSafetensors`. */
export function createSafetensorsWriter(
  path: string,
  tensors: Iterable<TensorDeclaration>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsWriter {
  const { header, places } = layOut([...tensors], metadata, path);
  const file = createTemporaryFile(path);
  file.write(header, 0);
  return {
    write(name, bytes, byteOffset = 0) {
      const place = places.get(name);
      if (place === undefined) throw new RangeError(`tensor ${name} was not declared for ${path}`);
      if (byteOffset < 0 || byteOffset + bytes.byteLength > place.byteLength) {
        throw invalid(path, name, `got bytes up to ${byteOffset + bytes.byteLength} of ${place.byteLength}`);
      }
      file.write(bytes, place.start + byteOffset);
      place.written += bytes.byteLength;
    },
    finish() {
      for (const [name, { byteLength, written }] of places) {
        if (written === byteLength) continue;
        file.discard();
        throw invalid(path, name, `got ${written} of its ${byteLength} bytes`);
      }
      file.commit();
    },
    abort: () => file.discard(),
  };
}

interface Place {
  readonly start: number;
  readonly byteLength: number;
  written: number;
}

function layOut(
  tensors: readonly TensorDeclaration[],
  metadata: Readonly<Record<string, string>>,
  path: string,
): { header: Uint8Array; places: Map<string, Place> } {
  // Sorting by element size keeps every tensor aligned to its own elements; the sort is stable.
  const ordered = [...tensors].sort((a, b) => bytesPerElement(b.dtype) - bytesPerElement(a.dtype));
  const spans = new Map<string, readonly [number, number]>();
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) fields.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let end = 0;
  for (const { name, dtype, shape } of ordered) {
    const dtypeName = safetensorsNameOf(dtype);
    if (dtypeName === undefined) throw invalid(path, name, `has dtype ${dtype}, which safetensors cannot hold`);
    if (name === "__metadata__" || /\p{Surrogate}/u.test(name))
      throw invalid(path, name, "has a name that safetensors cannot hold");
    if (spans.has(name)) throw invalid(path, name, "was given twice");
    const start = end;
    end += elementCount(shape) * bytesPerElement(dtype);
    spans.set(name, [start, end]);
    // Built by hand because an object would put names such as "0" first and trip over "__proto__".
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: dtypeName, shape, data_offsets: [start, end] })}`);
  }
  const text = Buffer.from(`{${fields.join(",")}}`, "utf8");
  const padded = Math.ceil(text.length / 8) * 8;
  const header = Buffer.alloc(8 + padded, " ");
  header.writeBigUInt64LE(BigInt(padded), 0);
  text.copy(header, 8);
  const places = new Map(
    [...spans].map(([name, [from, to]]) => [name, { start: header.length + from, byteLength: to - from, written: 0 }]),
  );
  return { header, places };
}

function copyTensor(writer: SafetensorsWriter, name: string, tensor: LazyTensor): void {
  const block = new Uint8Array(Math.min(COPY_BLOCK_BYTES, tensor.byteLength));
  for (let done = 0; done < tensor.byteLength; done += block.byteLength) {
    const piece = block.subarray(0, Math.min(block.byteLength, tensor.byteLength - done));
    tensor.read(piece, done);
    writer.write(name, piece, done);
  }
}

function invalid(path: string, name: string, problem: string): ParityError {
  return new ParityError("FORMAT_UNSUPPORTED", `cannot write ${path}: tensor ${JSON.stringify(name)} ${problem}`, {
    where: { file: path, key: name },
  });
}
