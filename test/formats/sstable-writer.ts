import { crc32c, maskCrc } from "../../src/formats/crc32c.js";

const MAGIC = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

export interface WriterOptions {
  readonly entriesPerBlock?: number;
  readonly restartInterval?: number;
  /** Gives the stored form of a block and its type byte; uncompressed by default. */
  readonly pack?: (block: Uint8Array) => { readonly bytes: Uint8Array; readonly type: number };
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** Writes a sorted table from the description of LevelDB's format: what the reader is held against. */
export function writeSstable(
  entries: readonly (readonly [Uint8Array, Uint8Array])[],
  options: WriterOptions = {},
): Buffer {
  const { entriesPerBlock = 16, restartInterval = 4 } = options;
  const pack = options.pack ?? ((bytes: Uint8Array) => ({ bytes, type: 0 }));
  const pieces: Uint8Array[] = [];
  let size = 0;
  const append = (block: Uint8Array): Buffer => {
    const { bytes, type } = pack(block);
    const typed = Buffer.concat([bytes, Uint8Array.of(type)]);
    const trailer = Buffer.alloc(4);
    trailer.writeUInt32LE(maskCrc(crc32c(typed)));
    pieces.push(typed, trailer);
    const handle = Buffer.concat([varint(size), varint(bytes.length)]);
    size += typed.length + 4;
    return handle;
  };
  const index: [Uint8Array, Uint8Array][] = [];
  for (let at = 0; at < entries.length; at += entriesPerBlock) {
    const group = entries.slice(at, at + entriesPerBlock);
    index.push([group.at(-1)?.[0] ?? new Uint8Array(0), append(writeBlock(group, restartInterval))]);
  }
  const meta = append(writeBlock([], 1));
  const handles = Buffer.concat([meta, append(writeBlock(index, 1))]);
  return Buffer.concat([...pieces, handles, Buffer.alloc(40 - handles.length), MAGIC]);
}

function writeBlock(entries: readonly (readonly [Uint8Array, Uint8Array])[], restartInterval: number): Buffer {
  const pieces: Uint8Array[] = [];
  const restarts: number[] = [];
  let previous = new Uint8Array(0);
  let size = 0;
  entries.forEach(([key, value], index) => {
    let shared = 0;
    if (index % restartInterval === 0) restarts.push(size);
    else while (shared < Math.min(key.length, previous.length) && key[shared] === previous[shared]) shared++;
    const entry = Buffer.concat([
      varint(shared),
      varint(key.length - shared),
      varint(value.length),
      key.subarray(shared),
      value,
    ]);
    pieces.push(entry);
    size += entry.length;
    previous = new Uint8Array(key);
  });
  if (restarts.length === 0) restarts.push(0);
  const tail = Buffer.alloc(4 * (restarts.length + 1));
  for (const [index, word] of [...restarts, restarts.length].entries()) tail.writeUInt32LE(word, 4 * index);
  return Buffer.concat([...pieces, tail]);
}
