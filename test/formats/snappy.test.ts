import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTensor } from "../../src/formats/read-tensor.js";
import { decompressSnappy } from "../../src/formats/snappy.js";
import { openCheckpoint } from "../../src/formats/tf-checkpoint.js";
import { verifyChecksums } from "../../src/formats/tf-checksums.js";
import { runPython } from "../helpers/python.js";

const WHERE = { file: "x.index", offset: 7 };
const directory = mkdtempSync(join(tmpdir(), "parity-snappy-"));
let values: Record<string, number[]> = {};

beforeAll(async () => {
  values = JSON.parse(await runPython("test/fixtures/tensorflow/write_snappy.py", [directory]));
}, 240_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const decompress = (bytes: number[]) => Buffer.from(decompressSnappy(Uint8Array.from(bytes), WHERE, 1000)).toString();

describe("decompressSnappy", () => {
  test("decompresses what TensorFlow's own Snappy library compressed", () => {
    const vectors: [string, string][] = JSON.parse(readFileSync(join(directory, "vectors.json"), "utf8"));
    expect(vectors.length).toBe(10);
    for (const [raw, compressed] of vectors) {
      const bytes = decompressSnappy(Buffer.from(compressed, "base64"), WHERE, 2 ** 20);
      expect(Buffer.from(bytes).toString("base64")).toBe(raw);
    }
  });

  test("knows every kind of element: literals with long lengths, copies with 1, 2 and 4 byte offsets, runs", () => {
    const abc = [...Buffer.from("abc")];
    expect(decompress([3, 2 << 2, ...abc])).toBe("abc");
    expect(decompress([3, 60 << 2, 2, ...abc])).toBe("abc");
    expect(decompress([3, 61 << 2, 2, 0, ...abc])).toBe("abc");
    expect(decompress([3, 62 << 2, 2, 0, 0, ...abc])).toBe("abc");
    expect(decompress([3, 63 << 2, 2, 0, 0, 0, ...abc])).toBe("abc");
    expect(decompress([7, 2 << 2, ...abc, 1, 3])).toBe("abcabca");
    expect(decompress([5, 2 << 2, ...abc, (1 << 2) | 2, 3, 0])).toBe("abcab");
    expect(decompress([5, 2 << 2, ...abc, (1 << 2) | 3, 3, 0, 0, 0])).toBe("abcab");
    expect(decompress([12, 2 << 2, ...abc, (8 << 2) | 2, 1, 0])).toBe("abcccccccccc");
  });

  test.each([
    ["ends inside an element", [5, 2 << 2, 97], "a literal of 3 bytes runs past the end"],
    ["ends inside an offset", [5, 0, 97, 2], "it ends after 4 bytes, in the middle of an element"],
    ["copies from before its start", [5, 0, 97, (3 << 2) | 2, 2, 0], "a copy from 2 bytes back, where 1 are known"],
    ["copies from itself", [5, 0, 97, (3 << 2) | 2, 0, 0], "a copy from 0 bytes back"],
    ["holds more than it says", [2, 0, 97, (3 << 2) | 2, 1, 0], "it holds more than the 2 bytes"],
    ["holds less than it says", [9, 0, 97, 0, 98], "it announces 9 bytes and holds 2"],
    ["announces more than its bytes can hold", [0xe7, 7, 0, 97], "it announces 999 bytes, more than 4 compressed"],
    ["announces more than the limit", [0xe9, 7, 0, 97], "it announces 1001 bytes; at most 1000"],
    ["has an endless length", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "its length is not a 32-bit varint"],
    ["is empty", [], "it ends after 0 bytes"],
  ])("refuses a block that %s", (_, bytes, message) => {
    expect(() => decompress(bytes)).toThrow(message);
  });

  test("opens a checkpoint whose index blocks are compressed, as TensorFlow's reader does", () => {
    const checkpoint = openCheckpoint(join(directory, "ckpt"));
    try {
      expect([...checkpoint.tensors.keys()].sort()).toEqual(Object.keys(values).sort());
      for (const [name, tensor] of checkpoint.tensors) {
        expect([...new Float32Array(readTensor(tensor).buffer)]).toEqual(values[name]);
      }
      expect(verifyChecksums(checkpoint).tensors).toBe(60);
    } finally {
      checkpoint.close();
    }
  });
});
