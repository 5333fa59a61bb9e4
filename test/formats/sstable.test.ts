import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32c, maskCrc } from "../../src/formats/crc32c.js";
import { readSstable } from "../../src/formats/sstable.js";
import { varint, writeSstable } from "./sstable-writer.js";

const entry = (key: string, value: string) => [Buffer.from(key), Buffer.from(value)] as const;
const SMALL = [entry("", "head"), entry("abc", "1"), entry("abd", "22"), entry("b", "")];

/** Snappy without any copy: a literal of everything. */
function packLiteral(block: Uint8Array): { bytes: Uint8Array; type: number } {
  const length = Buffer.alloc(5);
  length[0] = 63 << 2;
  length.writeUInt32LE(block.length - 1, 1);
  return { bytes: Buffer.concat([varint(block.length), length, block]), type: 1 };
}

describe("readSstable", () => {
  test("finds every key and value again, whatever the block size, restarts and compression", () => {
    const keys = fc.uniqueArray(fc.uint8Array({ maxLength: 12 }), {
      selector: (key) => Buffer.from(key).toString("hex"),
      maxLength: 60,
    });
    const options = fc.record({ perBlock: fc.integer({ min: 1, max: 20 }), restart: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(keys, options, fc.boolean(), (found, { perBlock, restart }, packed) => {
        const sorted = [...found].sort(Buffer.compare);
        const entries = sorted.map((key, index) => [key, Buffer.from(`value ${index}`)] as const);
        const file = writeSstable(entries, {
          entriesPerBlock: perBlock,
          restartInterval: restart,
          ...(packed ? { pack: packLiteral } : {}),
        });
        const read = readSstable(file, "x.index");
        expect(read.map(({ key, value }) => [Buffer.from(key), Buffer.from(value)])).toEqual(
          entries.map(([key, value]) => [Buffer.from(key), value]),
        );
        for (const { value, offset } of read) {
          expect(offset === undefined).toBe(packed);
          if (offset !== undefined) expect(Buffer.from(value)).toEqual(file.subarray(offset, offset + value.length));
        }
      }),
    );
  });

  test("says that a file is no index when the magic is not there", () => {
    expect(() => readSstable(Buffer.from("hello"), "x.index")).toThrow("x.index is not a checkpoint index");
    const cut = writeSstable(SMALL).subarray(0, -1);
    expect(() => readSstable(cut, "x.index")).toThrow("magic db4775248b80fb57");
  });

  test("notices every single damaged byte of a block, its type and its checksum", () => {
    const file = writeSstable(SMALL);
    // The first block ends where the metaindex begins, whose handle is the first number of the footer.
    const end = file[file.length - 48] ?? 0;
    expect(end).toBeGreaterThan(20);
    for (let at = 0; at < end; at++) {
      const damaged = Buffer.from(file);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(() => readSstable(damaged, "x.index")).toThrow("x.index: the block at 0 has CRC-32C");
    }
  });

  test("refuses keys that are out of order, which a lookup by key would miss", () => {
    const swapped = [entry("b", "1"), entry("a", "2")];
    expect(() => readSstable(writeSstable(swapped), "x.index")).toThrow("keys are not in ascending order");
  });

  test("refuses a block handle that points outside the file", () => {
    const file = writeSstable(SMALL);
    const handle = Buffer.concat([varint(0), varint(0), varint(10 ** 9), varint(50)]);
    handle.copy(file, file.length - 48);
    expect(() => readSstable(file, "x.index")).toThrow("a block of 50 bytes at 1000000000 does not fit");
  });

  test("names the compression that it does not know", () => {
    const file = writeSstable(SMALL, { pack: (bytes) => ({ bytes, type: 4 }) });
    expect(() => readSstable(file, "x.index")).toThrow("block compression 4 (known: 0 none, 1 Snappy)");
  });

  test("refuses an entry that shares more than the key before it has", () => {
    const block = Buffer.concat([Buffer.from([5, 1, 0, 97]), Buffer.from([0, 0, 0, 0, 1, 0, 0, 0])]);
    const typed = Buffer.concat([block, Buffer.from([0])]);
    const trailer = Buffer.alloc(4);
    trailer.writeUInt32LE(maskCrc(crc32c(typed)));
    const footer = Buffer.alloc(48);
    Buffer.concat([varint(0), varint(0), varint(0), varint(block.length)]).copy(footer);
    writeSstable([]).copy(footer, 40, writeSstable([]).length - 8);
    expect(() => readSstable(Buffer.concat([typed, trailer, footer]), "x.index")).toThrow(
      "an entry shares 5 bytes with a key of 0",
    );
  });
});
