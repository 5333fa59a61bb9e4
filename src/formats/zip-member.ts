import { constants, crc32, inflateRawSync } from "node:zlib";
import { formatError, ParityError } from "../errors.js";
import { type ByteSource, readBytes, sliceSource } from "./byte-source.js";
import { MAX_DEFLATE_RATIO, MAX_INFLATED_BYTES } from "./limits.js";
import type { ZipMember } from "./zip-directory.js";

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
/** Compressed bytes that hold a usual header; constant data inflates them to half a megabyte at most. */
const FIRST_PREFIX_BYTES = 512;

/** Holds the last inflated member, so that reading an array block by block inflates it once. */
export interface InflateCache {
  get(member: ZipMember, inflate: () => Uint8Array): Uint8Array;
  clear(): void;
}

/** A cache for the members of one archive. */
export function createInflateCache(): InflateCache {
  let held: { readonly member: ZipMember; readonly bytes: Uint8Array } | undefined;
  return {
    get(member, inflate) {
      if (held?.member !== member) {
        held = undefined; // let go of the old bytes before the new ones are allocated
        held = { member, bytes: inflate() };
      }
      return held.bytes;
    },
    clear() {
      held = undefined;
    },
  };
}

/**
 * The bytes of a member. A stored one is read where it lies; a deflated one is inflated, with its checksum verified, on
 * the first read. Throws FORMAT_INVALID, or FORMAT_UNSUPPORTED for other compression methods.
 */
export function memberSource(archive: ByteSource, member: ZipMember, cache: InflateCache): ByteSource {
  const packed = packedSource(archive, member);
  if (member.method === STORED) return packed;
  return {
    file: archive.file,
    origin: undefined,
    size: member.size,
    read(target, position) {
      const bytes = cache.get(member, () => inflateMember(packed, member));
      target.set(bytes.subarray(position, position + target.byteLength));
    },
  };
}

/** All bytes of a member, at most `limit`, with their checksum verified. */
export function readWholeMember(archive: ByteSource, member: ZipMember, limit: number): Uint8Array {
  const where = { file: archive.file, offset: member.headerOffset, key: member.name };
  if (member.size > limit)
    throw formatError(`the zip member ${member.name} has ${member.size} bytes, more than ${limit}`, where);
  const packed = packedSource(archive, member);
  if (member.method === DEFLATED) return inflateMember(packed, member);
  const bytes = readBytes(packed, 0, member.size);
  checkSum(bytes, member, archive.file);
  return bytes;
}

/** A member of which only the beginning will be read: no more is inflated than the reads ask for. Nothing is verified. */
export function memberBeginning(archive: ByteSource, member: ZipMember): ByteSource {
  const packed = packedSource(archive, member);
  if (member.method === STORED) return packed;
  let taken = 0;
  let bytes: Uint8Array = new Uint8Array(0);
  return {
    file: archive.file,
    origin: undefined,
    size: member.size,
    read(target, position) {
      while (bytes.length < position + target.byteLength) {
        if (taken === packed.size) {
          throw formatError(`the zip member ${member.name} inflates to ${bytes.length} bytes, not ${member.size}`, {
            file: archive.file,
            offset: member.headerOffset,
            key: member.name,
          });
        }
        taken = Math.min(packed.size, Math.max(2 * taken, FIRST_PREFIX_BYTES));
        bytes = guardInflate(packed, member, () => inflatePrefix(readBytes(packed, 0, taken)));
      }
      target.set(bytes.subarray(position, position + target.byteLength));
    },
  };
}

function inflatePrefix(prefix: Uint8Array): Uint8Array {
  return inflateRawSync(prefix, { finishFlush: constants.Z_SYNC_FLUSH });
}

/** The member's bytes as they lie in the archive. */
function packedSource(archive: ByteSource, member: ZipMember): ByteSource {
  const where = { file: archive.file, offset: member.headerOffset, key: member.name };
  if (member.method !== STORED && member.method !== DEFLATED) {
    throw new ParityError(
      "FORMAT_UNSUPPORTED",
      `the zip member ${member.name} uses compression method ${member.method}`,
      {
        where,
        hint: "parity reads stored and deflated members: write the archive again without special compression.",
      },
    );
  }
  if (member.method === STORED && member.size !== member.compressedSize) {
    throw formatError(
      `the stored zip member ${member.name} claims two sizes: ${member.size}, ${member.compressedSize}`,
      where,
    );
  }
  if (member.headerOffset + LOCAL_BYTES > member.dataEnd) {
    throw formatError(`the header of zip member ${member.name} lies beyond the archive's members`, where);
  }
  const local = Buffer.from(readBytes(archive, member.headerOffset, LOCAL_BYTES));
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE || local.readUInt16LE(8) !== member.method) {
    throw formatError(`the header of zip member ${member.name} is damaged`, where);
  }
  // The local header's lengths differ from the directory's: writers pad here to align the data.
  const start = member.headerOffset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + member.compressedSize > member.dataEnd) {
    throw formatError(`the zip member ${member.name} reaches into the archive's directory`, where);
  }
  return sliceSource(archive, start, member.compressedSize, `zip member ${member.name}`);
}

function inflateMember(packed: ByteSource, member: ZipMember): Uint8Array {
  const where = { file: packed.file, offset: member.headerOffset, key: member.name };
  if (member.size > MAX_INFLATED_BYTES || member.size > member.compressedSize * MAX_DEFLATE_RATIO + 1024) {
    throw formatError(
      `the zip member ${member.name} claims to inflate from ${member.compressedSize} to ${member.size} bytes; ` +
        `the limits are ${MAX_INFLATED_BYTES} bytes and deflate's own ${MAX_DEFLATE_RATIO} : 1`,
      where,
      "Save it uncompressed, or as safetensors.",
    );
  }
  const bytes = guardInflate(packed, member, () =>
    inflateRawSync(readBytes(packed, 0, packed.size), {
      maxOutputLength: Math.max(member.size, 1),
      // One chunk of the final size: no second copy when chunks are joined.
      chunkSize: Math.max(member.size, 64),
    }),
  );
  if (bytes.length !== member.size) {
    throw formatError(`the zip member ${member.name} inflates to ${bytes.length} bytes, not ${member.size}`, where);
  }
  checkSum(bytes, member, packed.file);
  return bytes;
}

function guardInflate(packed: ByteSource, member: ZipMember, inflate: () => Uint8Array): Uint8Array {
  try {
    return inflate();
  } catch (cause) {
    throw formatError(
      `the zip member ${member.name} does not inflate: ${cause instanceof Error ? cause.message : cause}`,
      { file: packed.file, offset: member.headerOffset, key: member.name },
      "The file is damaged: fetch or write it again.",
    );
  }
}

function checkSum(bytes: Uint8Array, member: ZipMember, file: string): void {
  if (crc32(bytes) !== member.crc32) {
    throw formatError(
      `the bytes of zip member ${member.name} do not have the checksum that the archive states`,
      { file, offset: member.headerOffset, key: member.name },
      "The file is damaged: fetch or write it again.",
    );
  }
}
