import { type ErrorPlace, formatError, ParityError } from "../errors.js";
import { type ByteSource, readBytes } from "./byte-source.js";
import { checkShape } from "./check-shape.js";
import { bytesPerElement, elementCount } from "./dtype.js";
import { MAX_SAFETENSORS_HEADER_BYTES, MAX_TENSORS } from "./limits.js";
import { dtypeOfSafetensors } from "./safetensors-dtype.js";
import { isJsonObject, parseStrictJson } from "./strict-json.js";
import type { DType } from "./types.js";

const DAMAGED = "The file is truncated or damaged: fetch or write it again.";

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly start: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the header of a safetensors file: an 8-byte little-endian length, then that much JSON. The tensors must cover
 * the rest of the file without holes or overlaps, as the format demands. Throws FORMAT_INVALID / FORMAT_UNSUPPORTED.
 */
export function readSafetensorsHeader(source: ByteSource): SafetensorsHeader {
  const where = { file: source.file, offset: 0 };
  if (source.size < 8) {
    throw formatError(
      `a safetensors file begins with 8 bytes of header length; this one has ${source.size}`,
      where,
      DAMAGED,
    );
  }
  const headerBytes = readHeaderLength(source, where);
  const dataStart = 8 + headerBytes;
  const place = { file: source.file, offset: 8 };
  const json = parseStrictJson(readBytes(source, 8, headerBytes), "the safetensors header", place);
  if (!isJsonObject(json)) throw formatError("the safetensors header is not a JSON object", place);
  const { __metadata__, ...rest } = json;
  const names = Object.keys(rest);
  if (names.length > MAX_TENSORS) {
    throw formatError(`the safetensors header lists ${names.length} tensors, more than ${MAX_TENSORS}`, place);
  }
  const entries = names.map((name) => readEntry(name, rest[name], dataStart, { ...place, key: name }));
  entries.sort((a, b) => a.start - b.start || a.byteLength - b.byteLength);
  checkCoverage(entries, dataStart, source);
  return { entries, metadata: readMetadata(__metadata__, place) };
}

function readHeaderLength(source: ByteSource, where: ErrorPlace): number {
  const length = Buffer.from(readBytes(source, 0, 8)).readBigUInt64LE();
  if (length > BigInt(MAX_SAFETENSORS_HEADER_BYTES)) {
    throw formatError(
      `the safetensors header claims ${length} bytes; the format allows ${MAX_SAFETENSORS_HEADER_BYTES}`,
      where,
      "This is probably not a safetensors file.",
    );
  }
  if (Number(length) + 8 > source.size) {
    throw formatError(`the safetensors header claims ${length} bytes, but the file has ${source.size}`, where, DAMAGED);
  }
  return Number(length);
}

function readMetadata(value: unknown, where: ErrorPlace): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isJsonObject(value)) throw formatError("__metadata__ is not a JSON object", where);
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== "string") throw formatError(`__metadata__ entry ${key} is not a string`, { ...where, key });
      return [key, text];
    }),
  );
}

function readEntry(name: string, value: unknown, dataStart: number, where: ErrorPlace): SafetensorsEntry {
  if (/\p{Surrogate}/u.test(name)) throw formatError("a tensor's name is not valid Unicode", where);
  if (!isJsonObject(value)) throw formatError(`the entry of tensor ${name} is not a JSON object`, where);
  const { dtype: dtypeName, shape: rawShape, data_offsets: offsets } = value;
  if (typeof dtypeName !== "string") throw formatError(`tensor ${name} has no dtype`, where);
  const dtype = dtypeOfSafetensors(dtypeName);
  if (dtype === undefined) {
    throw new ParityError("FORMAT_UNSUPPORTED", `tensor ${name} has dtype ${dtypeName}, which parity does not read`, {
      where,
      hint: "Save it as F32, F16, BF16 or another plain type.",
    });
  }
  const shape = checkShape(rawShape, name, where);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [];
  if (!isOffset(begin) || !isOffset(end) || begin > end) {
    throw formatError(`data_offsets of tensor ${name} should be two ascending integers`, where);
  }
  const byteLength = elementCount(shape) * bytesPerElement(dtype);
  if (end - begin !== byteLength) {
    throw formatError(
      `tensor ${name} of shape [${shape}] and dtype ${dtypeName} needs ${byteLength} bytes, but its data_offsets span ${end - begin}`,
      where,
    );
  }
  return { name, dtype, shape, start: dataStart + begin, byteLength };
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function checkCoverage(entries: readonly SafetensorsEntry[], dataStart: number, source: ByteSource): void {
  let covered = dataStart;
  for (const { name, start, byteLength } of entries) {
    if (start !== covered) {
      const problem = start < covered ? "overlaps the tensor before it" : "leaves a hole before it";
      throw formatError(`tensor ${name} starts at byte ${start} and ${problem}, which ends at byte ${covered}`, {
        file: source.file,
        offset: start,
        key: name,
      });
    }
    covered = start + byteLength;
  }
  if (covered !== source.size) {
    throw formatError(
      `the header describes ${covered} bytes, but the file has ${source.size}`,
      { file: source.file, offset: Math.min(covered, source.size) },
      covered > source.size ? DAMAGED : "Something was appended to the file.",
    );
  }
}
