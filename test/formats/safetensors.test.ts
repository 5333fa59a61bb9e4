import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSafetensors } from "../../src/formats/safetensors.js";
import { writeSafetensors } from "../../src/formats/safetensors-write.js";
import { runPython } from "../helpers/python.js";
import { type Described, describeFile, type Expected, errorOf, makeFolder, readExpected } from "./expected-tensors.js";

const folder = makeFolder();
let expected: Expected;

beforeAll(async () => {
  await runPython("test/fixtures/formats/make_torch.py", [folder.path]);
  expected = readExpected(folder.path);
}, 60_000);
afterAll(() => folder.remove());

/** A file with this header text, a stated header length (default: the true one) and so many bytes of data. */
function writeFile(header: string | object, dataBytes: number, statedLength?: bigint): string {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(statedLength ?? BigInt(text.length));
  const path = join(folder.path, "broken.safetensors");
  writeFileSync(path, Buffer.concat([length, text, Buffer.alloc(dataBytes)]));
  return path;
}

const f32 = (begin: number, end: number): object => ({
  dtype: "F32",
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
});

describe("openSafetensors", () => {
  it("reads the same names, dtypes, shapes and bytes as torch wrote with the safetensors package", () => {
    const file = openSafetensors(join(folder.path, "plain.safetensors"));
    expect(file.metadata).toEqual({ format: "pt", note: "é" });
    expect(describeFile(file)).toEqual(expected["plain.safetensors"]);
  });

  it("reads any part of a tensor, so that blocks can be compared without holding the whole", () => {
    const file = openSafetensors(join(folder.path, "plain.safetensors"));
    const tensor = file.tensors.get("float32");
    const part = new Uint8Array(7);
    tensor?.read(part, 5);
    expect(Buffer.from(part).toString("hex")).toBe(expected["plain.safetensors"]?.float32?.[2].slice(10, 24));
    expect(() => tensor?.read(new Uint8Array(2), 47)).toThrow(RangeError);
    file.close();
  });

  it("keeps the order of the data, also for names that look like numbers", () => {
    const path = join(folder.path, "order.safetensors");
    const one = { dtype: "uint8", shape: [1], data: new Uint8Array(1) } as const;
    writeSafetensors(path, [
      { name: "b", ...one },
      { name: "__proto__", ...one },
      { name: "1", ...one },
      { name: "0", ...one },
    ]);
    const file = openSafetensors(path);
    expect([...file.tensors.keys()]).toEqual(["b", "__proto__", "1", "0"]);
    file.close();
  });

  it("says which file is missing", () => {
    const error = errorOf(() => openSafetensors(join(folder.path, "absent.safetensors")));
    expect(error.code).toBe("FILE_NOT_FOUND");
    expect(error.message).toMatch(/absent\.safetensors: there is no such file/);
  });

  it("says that a folder is not a tensor file", () => {
    expect(errorOf(() => openSafetensors(folder.path)).message).toMatch(/is a directory/);
  });

  const broken: readonly (readonly [what: string, make: () => string, message: RegExp])[] = [
    ["an empty file", () => writeEmpty(), /begins with 8 bytes of header length; this one has 0/],
    ["a header longer than the file", () => writeFile("{}", 0, 1000n), /claims 1000 bytes, but the file has 10/],
    [
      "a header over the format's limit",
      () => writeFile("{}", 0, 2n ** 63n),
      /claims 9223372036854775808 bytes; the format allows/,
    ],
    ["a header that is not JSON", () => writeFile('{"a":', 0), /not valid JSON/],
    ["a header that is not an object", () => writeFile("[]", 0), /not a JSON object/],
    ["deep nesting", () => writeFile(`{"a":${"[".repeat(99)}${"]".repeat(99)}}`, 0), /nests deeper than 16 levels/],
    [
      "a name twice",
      () => writeFile('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}', 0),
      /has the key "a" twice/,
    ],
    ["a data section that is cut off", () => writeFile({ a: f32(0, 8) }, 4), /describes \d+ bytes, but the file has/],
    ["bytes behind the last tensor", () => writeFile({ a: f32(0, 8) }, 9), /describes \d+ bytes, but the file has/],
    [
      "overlapping tensors",
      () => writeFile({ a: f32(0, 8), b: f32(4, 12) }, 12),
      /tensor b starts at byte \d+ and overlaps/,
    ],
    [
      "a hole between tensors",
      () => writeFile({ a: f32(0, 8), b: f32(12, 16) }, 16),
      /tensor b starts at byte \d+ and leaves a hole/,
    ],
    [
      "a size that the shape denies",
      () => writeFile({ a: { dtype: "F32", shape: [3], data_offsets: [0, 8] } }, 8),
      /needs 12 bytes, but its data_offsets span 8/,
    ],
    [
      "descending offsets",
      () => writeFile({ a: { dtype: "F32", shape: [0], data_offsets: [8, 4] } }, 8),
      /two ascending integers/,
    ],
    [
      "a negative size",
      () => writeFile({ a: { dtype: "F32", shape: [-1], data_offsets: [0, 4] } }, 4),
      /size -1, not a non-negative integer/,
    ],
    [
      "a shape whose bytes overflow",
      () => writeFile({ a: { dtype: "F32", shape: [2 ** 40, 2 ** 40], data_offsets: [0, 4] } }, 4),
      /more elements than any file can hold/,
    ],
    [
      "too many axes",
      () => writeFile({ a: { dtype: "F32", shape: new Array(65).fill(1), data_offsets: [0, 4] } }, 4),
      /has 65 axes, more than 64/,
    ],
    ["no dtype", () => writeFile({ a: { shape: [1], data_offsets: [0, 4] } }, 4), /tensor a has no dtype/],
    [
      "metadata that is not text",
      () => writeFile({ __metadata__: { step: 3 } }, 0),
      /__metadata__ entry step is not a string/,
    ],
  ];
  it.each(broken)("refuses %s and says what is wrong", (_what, make, message) => {
    const path = make();
    const error = errorOf(() => openSafetensors(path));
    expect(error.code).toBe("FORMAT_INVALID");
    expect(error.message).toMatch(message);
    expect(error.where?.file).toBe(path);
  });

  it("names the tensor whose element type it does not read", () => {
    const error = errorOf(() =>
      openSafetensors(writeFile({ a: { dtype: "F4", shape: [2], data_offsets: [0, 1] } }, 1)),
    );
    expect(error.code).toBe("FORMAT_UNSUPPORTED");
    expect(error.message).toBe("tensor a has dtype F4, which parity does not read");
  });
});

describe("writeSafetensors", () => {
  it("writes files that the safetensors package reads back, for every dtype it can hold", async () => {
    const source = openSafetensors(join(folder.path, "plain.safetensors"));
    const path = join(folder.path, "ours.safetensors");
    const tensors = [...source.tensors.values()].map((tensor) => ({ ...tensor, data: tensor }));
    writeSafetensors(path, tensors.reverse(), { made: "hier" });
    source.close();
    const read: { metadata: object; tensors: Record<string, Described> } = JSON.parse(
      await runPython("test/fixtures/formats/read_safetensors.py", [path]),
    );
    expect(read.metadata).toEqual({ made: "hier" });
    expect(read.tensors).toEqual(expected["plain.safetensors"]);
  });
});

function writeEmpty(): string {
  const path = join(folder.path, "empty.safetensors");
  writeFileSync(path, "");
  return path;
}
