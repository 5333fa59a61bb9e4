import { formatError, ParityError } from "../errors.js";
import { type ByteSource, readBytes } from "./byte-source.js";
import { MAX_ZIP_DIRECTORY_BYTES, MAX_ZIP_MEMBERS } from "./limits.js";
import { locateZipDirectory } from "./zip-end.js";

const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_BYTES = 46;
const ZIP64_FIELD = 0x0001;
/** A 32-bit field that says "see the ZIP64 field". */
const IN_ZIP64 = 0xffff_ffff;
const ENCRYPTED_FLAG = 0x1;

export interface ZipMember {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc32: number;
  /** Position of the member's local header. */
  readonly headerOffset: number;
  /** Position of the central directory: no member's bytes reach beyond it. */
  readonly dataEnd: number;
}

/**
 * Reads the central directory of a zip archive (ZIP64 too), in its own order, by name. Throws FORMAT_INVALID for damaged
 * archives and repeated names, FORMAT_UNSUPPORTED for encrypted or split ones.
 */
export function readZipDirectory(source: ByteSource): ReadonlyMap<string, ZipMember> {
  const { offset, size, count } = locateZipDirectory(source);
  if (count > MAX_ZIP_MEMBERS) {
    throw formatError(`the zip archive lists ${count} members, more than ${MAX_ZIP_MEMBERS}`, { file: source.file });
  }
  if (size > MAX_ZIP_DIRECTORY_BYTES || count * CENTRAL_BYTES > size) {
    throw formatError(`the zip archive's directory of ${size} bytes cannot list ${count} members`, {
      file: source.file,
      offset,
    });
  }
  const directory = Buffer.from(readBytes(source, offset, size).buffer);
  const members = new Map<string, ZipMember>();
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const where = { file: source.file, offset: offset + at };
    if (at + CENTRAL_BYTES > size || directory.readUInt32LE(at) !== CENTRAL_SIGNATURE) {
      throw formatError(`member ${index} of the zip archive's directory is damaged`, where);
    }
    const nameBytes = directory.readUInt16LE(at + 28);
    const extraBytes = directory.readUInt16LE(at + 30);
    const next = at + CENTRAL_BYTES + nameBytes + extraBytes + directory.readUInt16LE(at + 32);
    if (next > size) throw formatError(`member ${index} of the zip archive's directory is cut off`, where);
    const extraStart = at + CENTRAL_BYTES + nameBytes;
    const name = directory.toString("utf8", at + CENTRAL_BYTES, extraStart);
    const member = readMember(
      directory,
      at,
      name,
      directory.subarray(extraStart, extraStart + extraBytes),
      offset,
      where,
    );
    if (members.has(name)) throw formatError(`the zip archive has the member ${name} twice`, { ...where, key: name });
    members.set(name, member);
    at = next;
  }
  return members;
}

function readMember(
  directory: Buffer,
  at: number,
  name: string,
  extra: Buffer,
  dataEnd: number,
  where: { readonly file: string; readonly offset: number },
): ZipMember {
  if (directory.readUInt16LE(at + 8) & ENCRYPTED_FLAG) {
    throw new ParityError("FORMAT_UNSUPPORTED", `the zip member ${name} is encrypted`, {
      where: { ...where, key: name },
    });
  }
  // The ZIP64 field holds, in this order, only those values whose 32-bit fields are all ones.
  const wide = findExtraField(extra, ZIP64_FIELD);
  let wideAt = 0;
  const widen = (value: number): number => {
    if (value !== IN_ZIP64 || wide === undefined) return value;
    if (wideAt + 8 > wide.length)
      throw formatError(`the ZIP64 field of member ${name} is cut off`, { ...where, key: name });
    const result = Number(wide.readBigUInt64LE(wideAt));
    wideAt += 8;
    return result;
  };
  const size = widen(directory.readUInt32LE(at + 24));
  const compressedSize = widen(directory.readUInt32LE(at + 20));
  const headerOffset = widen(directory.readUInt32LE(at + 42));
  if (headerOffset + compressedSize > dataEnd) {
    throw formatError(
      `the zip member ${name} claims ${compressedSize} bytes from ${headerOffset}, beyond the directory at ${dataEnd}`,
      { ...where, key: name },
    );
  }
  return {
    name,
    method: directory.readUInt16LE(at + 10),
    crc32: directory.readUInt32LE(at + 16),
    size,
    compressedSize,
    headerOffset,
    dataEnd,
  };
}

function findExtraField(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return undefined;
}
