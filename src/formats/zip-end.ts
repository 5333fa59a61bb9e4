import { formatError, ParityError } from "../errors.js";
import { type ByteSource, readBytes } from "./byte-source.js";

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;

/** Where a zip archive's central directory lies. */
export interface ZipDirectoryPlace {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

/**
 * Finds the central directory from the record at the archive's end (APPNOTE 4.3.14 to 4.3.16). Throws FORMAT_INVALID
 * when there is none, as in a file whose end is missing, and FORMAT_UNSUPPORTED for archives in several parts.
 */
export function locateZipDirectory(source: ByteSource): ZipDirectoryPlace {
  const tailBytes = Math.min(source.size, END_BYTES + MAX_COMMENT_BYTES);
  const tailStart = source.size - tailBytes;
  const tail = Buffer.from(readBytes(source, tailStart, tailBytes).buffer);
  const at = findEnd(tail);
  if (at === -1) {
    throw formatError(
      `${source.file} does not end with a zip archive's directory`,
      { file: source.file, offset: source.size },
      "The file is truncated, as by an interrupted download or save: fetch or write it again.",
    );
  }
  const wide = readWideEnd(source, tailStart + at);
  const place = wide ?? {
    count: tail.readUInt16LE(at + 10),
    size: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  if (wide === undefined && (tail.readUInt16LE(at + 4) !== 0 || tail.readUInt16LE(at + 8) !== place.count)) {
    throw new ParityError("FORMAT_UNSUPPORTED", `${source.file} is one part of a split zip archive`, {
      where: { file: source.file },
      hint: "Put the parts together first.",
    });
  }
  if (place.offset + place.size > tailStart + at) {
    throw formatError(
      `the zip directory should span bytes ${place.offset} to ${place.offset + place.size}, beyond its end record at ${tailStart + at}`,
      { file: source.file, offset: tailStart + at },
    );
  }
  return place;
}

function findEnd(tail: Buffer): number {
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    // A comment may contain the signature; the right record's comment ends where the file does.
    if (tail.readUInt32LE(at) === END_SIGNATURE && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length)
      return at;
  }
  return -1;
}

function readWideEnd(source: ByteSource, endAt: number): ZipDirectoryPlace | undefined {
  if (endAt < LOCATOR_BYTES) return undefined;
  const locator = Buffer.from(readBytes(source, endAt - LOCATOR_BYTES, LOCATOR_BYTES));
  if (locator.readUInt32LE(0) !== LOCATOR_SIGNATURE) return undefined;
  const at = Number(locator.readBigUInt64LE(8));
  const where = { file: source.file, offset: endAt - LOCATOR_BYTES };
  if (at + END64_BYTES > endAt) throw formatError("the ZIP64 end record lies beyond the end of the archive", where);
  const record = Buffer.from(readBytes(source, at, END64_BYTES));
  if (record.readUInt32LE(0) !== END64_SIGNATURE) throw formatError("the ZIP64 end record is damaged", where);
  return {
    count: Number(record.readBigUInt64LE(32)),
    size: Number(record.readBigUInt64LE(40)),
    offset: Number(record.readBigUInt64LE(48)),
  };
}
