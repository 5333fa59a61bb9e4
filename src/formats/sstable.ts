import { type ErrorPlace, formatError, ParityError } from "../errors.js";
import { crc32c, unmaskCrc } from "./crc32c.js";
import { decompressSnappy } from "./snappy.js";

/**
 * The sorted table that holds a TensorFlow checkpoint's index (LevelDB's table format):
 * data blocks · metaindex block · index block · footer. The footer is two block handles padded to 40 bytes and the
 * magic; a block is its contents, a type byte and the masked CRC-32C of both.
 */
const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
/** 0xdb4775248b80fb57, little-endian. */
const MAGIC = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);
/** TensorFlow closes a block at 256 KiB; only a single huge entry makes a larger one. */
const MAX_BLOCK_BYTES = 64 * 2 ** 20;
/** Prefix compression could make short entries into long keys without end; real indexes stay under 100 MB. */
const MAX_KEY_BYTES_IN_TOTAL = 256 * 2 ** 20;
const COPY_AGAIN = "The file is damaged or was copied in part: copy it again.";

export interface SstableEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Where the value lies in the file; undefined when its block is compressed. */
  readonly offset: number | undefined;
}

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/** Whether the bytes end in the magic of a sorted table. */
export function isSstable(file: Uint8Array): boolean {
  return file.length >= FOOTER_BYTES && Buffer.compare(file.subarray(file.length - 8), MAGIC) === 0;
}

/**
 * All entries of a sorted table, in key order. `path` is for messages. Throws FORMAT_INVALID, with the offset, for a
 * wrong magic, a handle outside the file, a block whose checksum does not fit, or keys that are not ascending.
 */
export function readSstable(file: Uint8Array, path: string): SstableEntry[] {
  if (!isSstable(file)) {
    const offset = Math.max(0, file.length - 8);
    throw formatError(
      `${path} is not a checkpoint index: its last 8 bytes are not the magic db4775248b80fb57 of a sorted table`,
      { file: path, offset },
      COPY_AGAIN,
    );
  }
  const footer = file.length - FOOTER_BYTES;
  const cursor = new Cursor(file, footer, footer + 40, { file: path, offset: footer });
  cursor.handle(); // the metaindex: TensorFlow leaves it empty
  const index = cursor.handle();
  const entries: SstableEntry[] = [];
  const budget = { keyBytes: 0 };
  let previous: Uint8Array | undefined;
  for (const pointer of readBlock(file, path, index, budget)) {
    const where = { file: path, offset: pointer.offset ?? index.offset };
    const handle = new Cursor(pointer.value, 0, pointer.value.length, where).handle();
    for (const entry of readBlock(file, path, handle, budget)) {
      if (previous !== undefined && Buffer.compare(previous, entry.key) >= 0) {
        throw formatError(
          `${path}: keys are not in ascending order`,
          { file: path, offset: handle.offset },
          COPY_AGAIN,
        );
      }
      previous = entry.key;
      entries.push(entry);
    }
  }
  return entries;
}

function* readBlock(
  file: Uint8Array,
  path: string,
  handle: Handle,
  budget: { keyBytes: number },
): Generator<SstableEntry> {
  const where = { file: path, offset: handle.offset };
  const { contents, compressed } = openBlock(file, handle, where);
  const fail = (message: string) => formatError(`${path}: ${message}`, where, COPY_AGAIN);
  if (contents.length < 4) throw fail("a block is too short for its restart count");
  const view = new DataView(contents.buffer, contents.byteOffset, contents.length);
  const end = contents.length - 4 * (1 + view.getUint32(contents.length - 4, true));
  if (end < 0) throw fail("a block's restart points do not fit into it");
  const cursor = new Cursor(contents, 0, end, where);
  let key: Uint8Array = new Uint8Array(0);
  while (!cursor.done()) {
    const shared = cursor.varint();
    const rest = cursor.varint();
    const valueBytes = cursor.varint();
    if (shared > key.length) throw fail(`an entry shares ${shared} bytes with a key of ${key.length}`);
    budget.keyBytes += shared + rest;
    if (budget.keyBytes > MAX_KEY_BYTES_IN_TOTAL) {
      throw new ParityError("FORMAT_UNSUPPORTED", `${path}: keys take more than ${MAX_KEY_BYTES_IN_TOTAL} bytes`, {
        where,
      });
    }
    const suffix = cursor.take(rest);
    const next = new Uint8Array(shared + rest);
    next.set(key.subarray(0, shared));
    next.set(suffix, shared);
    key = next;
    const offset = compressed ? undefined : handle.offset + cursor.at;
    yield { key, value: cursor.take(valueBytes), offset };
  }
}

function openBlock(file: Uint8Array, handle: Handle, where: ErrorPlace): { contents: Uint8Array; compressed: boolean } {
  const stop = handle.offset + handle.size;
  if (stop + TRAILER_BYTES > file.length - FOOTER_BYTES) {
    throw formatError(
      `${where.file}: a block of ${handle.size} bytes at ${handle.offset} does not fit into ${file.length} bytes`,
      where,
      COPY_AGAIN,
    );
  }
  const contents = file.subarray(handle.offset, stop);
  const stored = new DataView(file.buffer, file.byteOffset + stop + 1, 4).getUint32(0, true);
  const actual = crc32c(file.subarray(handle.offset, stop + 1));
  if (unmaskCrc(stored) !== actual) {
    throw formatError(
      `${where.file}: the block at ${handle.offset} has CRC-32C ${actual.toString(16)}, its trailer says ` +
        `${unmaskCrc(stored).toString(16)}`,
      where,
      COPY_AGAIN,
    );
  }
  const type = file[stop];
  if (type === 0) return { contents, compressed: false };
  if (type === 1) return { contents: decompressSnappy(contents, where, MAX_BLOCK_BYTES), compressed: true };
  throw new ParityError("FORMAT_UNSUPPORTED", `${where.file}: block compression ${type} (known: 0 none, 1 Snappy)`, {
    where,
  });
}

/** Reads varints and byte runs from a range of a buffer, never past its end. */
class Cursor {
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
    private readonly end: number,
    private readonly where: ErrorPlace,
  ) {}

  done(): boolean {
    return this.at >= this.end;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.at < this.end ? this.bytes[this.at++] : undefined;
      if (byte === undefined) throw this.fail("ends inside a number");
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value)) throw this.fail("holds a number over 2^53");
      if (byte < 0x80) return value;
    }
  }

  handle(): Handle {
    return { offset: this.varint(), size: this.varint() };
  }

  take(length: number): Uint8Array {
    if (length > this.end - this.at) throw this.fail(`ends inside an entry of ${length} bytes`);
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  private fail(what: string): ParityError {
    return formatError(`${this.where.file}: the block at ${this.where.offset} ${what}`, this.where, COPY_AGAIN);
  }
}
