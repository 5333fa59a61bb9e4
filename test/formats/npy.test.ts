import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNpy } from "../../src/formats/npy.js";
import { openNpz } from "../../src/formats/npz.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import { runPython } from "../helpers/python.js";
import { describeFile, describeTensor, type Expected, errorOf, makeFolder, readExpected } from "./expected-tensors.js";

const folder = makeFolder();
let expected: Expected;

beforeAll(async () => {
  await runPython("test/fixtures/formats/make_numpy.py", [folder.path]);
  expected = readExpected(folder.path);
}, 60_000);
afterAll(() => folder.remove());

const at = (name: string): string => join(folder.path, name);

/** An npy file of version 1 with this header text. */
function writeNpy(header: string, dataBytes: number, version = 1): string {
  const text = Buffer.from(header, "latin1");
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(text.length, 0, length.length);
  writeFileSync(
    at("made.npy"),
    Buffer.concat([
      Buffer.from([0x93]),
      Buffer.from("NUMPY"),
      Buffer.from([version, 0]),
      length,
      text,
      Buffer.alloc(dataBytes),
    ]),
  );
  return at("made.npy");
}

describe("openNpy", () => {
  it("reads every number type in both byte orders and both memory orders as numpy does", () => {
    const files = Object.keys(expected).filter((name) => name.endsWith(".npy"));
    expect(files.length).toBeGreaterThan(60);
    for (const name of files) expect([name, describeFile(openNpy(at(name)))]).toEqual([name, expected[name]]);
  });

  it.each(["big-f4-F", "big-c8-F", "little-f8-F", "big-i2-C"])(
    "reads any part of %s, also parts that begin inside an element",
    (name) => {
      const file = openNpy(at(`${name}.npy`));
      const tensor = file.tensors.get("array");
      if (tensor === undefined) throw new Error("no array");
      const whole = readTensor(tensor);
      for (const [start, length] of [
        [0, 1],
        [1, 1],
        [3, 10],
        [7, 33],
        [whole.length - 5, 5],
        [whole.length, 0],
      ] as const) {
        const part = new Uint8Array(length);
        tensor.read(part, start);
        expect(part).toEqual(whole.subarray(start, start + length));
      }
      file.close();
    },
  );

  it.each([
    ["objects", /holds Python objects, which only running a pickle could read/],
    ["text", /holds text/],
    ["bytes", /holds byte strings/],
    ["fields", /has a structured dtype/],
    ["dates", /holds dates/],
    ["longdouble", /holds elements of type "<f16"/],
    ["void", /numpy writes bfloat16 and float8 like this/],
  ])("refuses an array of %s and says how to save it", (name, message) => {
    const error = errorOf(() => openNpy(at(`refused-${name}.npy`)));
    expect(error.code).toBe("FORMAT_UNSUPPORTED");
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/Save/);
  });

  const dict = (shape: string): string => `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  it.each([
    ["a cut-off array", () => writeNpy(dict("(3,)"), 8), /should span bytes \d+ to \d+, but there are only/],
    ["a cut-off header", () => cutHeader(), /header of array claims \d+ bytes, but only 20 follow/],
    ["a header that is too long", () => writeNpy(dict("(3,)") + " ".repeat(70_000), 12, 2), /more than 65535/],
    ["a version of the future", () => writeNpy(dict("(3,)"), 12, 4), /npy file of version 4; parity reads 1 to 3/],
    [
      "a header without shape",
      () => writeNpy("{'descr': '<f4', 'fortran_order': False}", 4),
      /shape of tensor array is not a list/,
    ],
    ["a negative size", () => writeNpy(dict("(-1,)"), 4), /has the size -1/],
    ["a header that is code", () => writeNpy("__import__('os').system('x')", 4), /unexpected character at 0/],
    ["a header with deep nesting", () => writeNpy(`{'shape': ${"(".repeat(999)}`, 4), /not a Python literal/],
    ["no order", () => writeNpy("{'descr': '<f4', 'shape': (1,)}", 4), /has no fortran_order/],
    ["another format", () => writeOther(), /does not begin with the signature/],
  ])("refuses %s and says what is wrong", (_what, make, message) => {
    expect(errorOf(() => openNpy(make())).message).toMatch(message);
  });
});

describe("openNpz", () => {
  it.each(["stored.npz", "deflated.npz"])("reads every array of %s as numpy does", (name) => {
    const file = openNpz(at(name));
    const zeros = file.tensors.get("zeros");
    const { zeros: _large, ...described } = Object.fromEntries(
      [...file.tensors].map(([key, tensor]) => [key, key === "zeros" ? undefined : describeTensor(tensor)]),
    );
    expect(described).toEqual(expected[name]);
    const value = new Float32Array(2);
    zeros?.read(new Uint8Array(value.buffer), (3 * 1000 + 4) * 4);
    expect([...value]).toEqual([0, 1.5]);
    file.close();
  });

  it("says that a file was cut off", () => {
    writeFileSync(at("cut.npz"), readFileSync(at("stored.npz")));
    truncateSync(at("cut.npz"), 5000);
    const error = errorOf(() => openNpz(at("cut.npz")));
    expect(error.message).toMatch(/does not end with a zip archive's directory/);
    expect(error.hint).toMatch(/truncated/);
  });

  it("notices damaged compressed bytes by their checksum instead of comparing wrong numbers", () => {
    const bytes = readFileSync(at("deflated.npz"));
    const name = "little-f8-C.npy";
    const start = bytes.indexOf(name) + name.length + 200;
    bytes[start] = (bytes[start] ?? 0) ^ 0x10;
    writeFileSync(at("damaged.npz"), bytes);
    const error = errorOf(() => describeFile(openNpz(at("damaged.npz"))));
    expect(error.message).toMatch(
      /zip member little-f8-C\.npy (does not inflate|do not have the checksum)|bytes of zip member little-f8-C/,
    );
    expect(error.where?.key).toBe(name);
  });

  it("refuses a member that claims to inflate beyond what deflate can do", () => {
    const bytes = readFileSync(at("deflated.npz"));
    const name = Buffer.from("zeros.npy");
    const central = bytes.lastIndexOf(name) - 46;
    bytes.writeUInt32LE(0x7fff_ffff, central + 24);
    writeFileSync(at("bomb.npz"), bytes);
    const file = openNpz(at("bomb.npz"));
    const error = errorOf(() => file.tensors.get("zeros")?.read(new Uint8Array(4), 0));
    expect(error.message).toMatch(/zeros\.npy claims to inflate from \d+ to 2147483647 bytes/);
    file.close();
  });

  it("refuses an encrypted member", () => {
    const bytes = readFileSync(at("stored.npz"));
    const central = bytes.lastIndexOf(Buffer.from("zeros.npy")) - 46;
    bytes.writeUInt16LE(1, central + 8);
    writeFileSync(at("secret.npz"), bytes);
    expect(errorOf(() => openNpz(at("secret.npz"))).message).toBe("the zip member zeros.npy is encrypted");
  });
});

function cutHeader(): string {
  writeFileSync(at("cut.npy"), readFileSync(at("vector.npy")).subarray(0, 30));
  return at("cut.npy");
}

function writeOther(): string {
  writeFileSync(at("other.npy"), "GIF89a and more bytes");
  return at("other.npy");
}
