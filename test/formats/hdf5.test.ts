import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openHdf5 } from "../../src/formats/hdf5.js";
import { openTensorFile } from "../../src/formats/open.js";
import { prepareFormats } from "../../src/formats/prepare.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import { runPython } from "../helpers/python.js";
import { describeFile, type Expected, errorOf, makeFolder, readExpected } from "./expected-tensors.js";

const folder = makeFolder();
let expected: Expected;
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  await runPython("test/fixtures/formats/make_hdf5.py", [folder.path]);
  expected = readExpected(folder.path);
}, 60_000);
afterAll(() => folder.remove());

it("says what to await where the reader is not loaded yet, instead of failing inside a library", async () => {
  const error = errorOf(() => openTensorFile(at("types.h5")));
  expect([error.code, error.hint]).toEqual(["USAGE", "Await prepareFormats(path) before openTensorFile(path)."]);
  await prepareFormats(at("types.h5"));
  expect(openTensorFile(at("types.h5")).format).toBe("hdf5");
});

describe("openHdf5", () => {
  it.each(["types.h5", "shapes.h5", "storage.h5"])("reads %s as h5py does", (name) => {
    expect(describeFile(openTensorFile(at(name)))).toEqual(expected[name]);
  });

  it("reads any part of a tensor, also parts that begin inside an element or cross chunks", () => {
    const file = openHdf5(at("storage.h5"));
    for (const [name, tensor] of file.tensors) {
      const whole = readTensor(tensor);
      const parts = [
        [0, 1],
        [1, 1],
        [3, 10],
        [4 * 37 * 5, 4 * 37 * 5 * 3],
        [whole.length - 5, 5],
        [whole.length, 0],
        [4 * 5 * 36 + 2, 4 * 190],
      ] as const;
      for (const [start, length] of parts) {
        const part = new Uint8Array(length);
        tensor.read(part, start);
        expect([name, start, Buffer.from(part)]).toEqual([
          name,
          start,
          Buffer.from(whole.subarray(start, start + length)),
        ]);
      }
    }
    file.close();
  });

  it("keeps two open files apart, and closes each for itself", () => {
    const [one, other] = [openHdf5(at("shapes.h5")), openHdf5(at("storage.h5"))];
    one.close();
    const scalar = one.tensors.get("scalar");
    expect(() => scalar !== undefined && readTensor(scalar)).toThrow("read after it was closed");
    expect(describeFile(other)).toEqual(expected["storage.h5"]);
  });

  it("gives strings of one length and of any length", () => {
    const file = openHdf5(at("strings.h5"));
    const texts = [...file.tensors].map(([name, one]) => [
      name,
      one.shape,
      one.strings?.().map((text) => Buffer.from(text).toString()),
    ]);
    expect(texts).toEqual([
      ["any length", [3], ["a", "", "bä"]],
      ["one length", [2, 2], ["ab", "c", "", "def"]],
    ]);
    file.close();
  });

  it("lists what is no tensor as unsupported, and leaves out what is not there", () => {
    const file = openHdf5(at("odd.h5"));
    expect([...file.tensors.keys()]).toEqual(["weight"]);
    expect(JSON.parse(file.metadata.unsupportedTensors ?? "[]")).toEqual([
      { name: "opaque", dtype: "2 opaque bytes" },
      { name: "records", dtype: "records" },
      { name: "stated", dtype: "3 opaque bytes" },
    ]);
    file.close();
  });

  it("names linked datasets as tied, and does not run in circles", () => {
    const file = openHdf5(at("links.h5"));
    expect([...file.tensors.keys()].sort()).toEqual(["a/weight", "b/weight", "c"]);
    expect(file.aliases.map((names) => [...names].sort())).toEqual([["a/weight", "b/weight", "c"]]);
    file.close();
  });
});

describe("what openHdf5 refuses", () => {
  it.each([
    ["external-link.h5", "FORMAT_UNSUPPORTED", "/elsewhere is a link into another file"],
    ["virtual.h5", "FORMAT_UNSUPPORTED", "/weight is put together from other files"],
    ["huge.h5", "FORMAT_INVALID", "/huge claims 4398046511104 bytes"],
    ["deep.h5", "FORMAT_INVALID", "nested deeper than 64"],
  ])("%s", (name, code, message) => {
    const error = errorOf(() => openHdf5(at(name)));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
    expect(error.where?.file).toBe(at(name));
  });

  it("never reads another file of this machine, whatever path a dataset names", () => {
    const file = openHdf5(at("external-data.h5"));
    const secret = file.tensors.get("secret");
    const error = errorOf(() => secret && readTensor(secret));
    expect([error.code, error.message]).toEqual(["FORMAT_INVALID", expect.stringContaining("/secret cannot be read")]);
    file.close();
  });

  it.each([9, 100, 800, 3000])("a file that was cut off at byte %i", (size) => {
    writeFileSync(at("cut.h5"), readFileSync(at("types.h5")));
    truncateSync(at("cut.h5"), size);
    const error = errorOf(() => describeFile(openHdf5(at("cut.h5"))));
    expect([error.code, error.where?.file]).toEqual(["FORMAT_INVALID", at("cut.h5")]);
  });

  it("or reads, or refuses as damaged, a file with any one byte changed", () => {
    const whole = readFileSync(at("links.h5"));
    for (let position = 8; position < whole.length; position += 61) {
      const bytes = Buffer.from(whole);
      bytes[position] = (bytes[position] ?? 0) ^ 0xff;
      writeFileSync(at("changed.h5"), bytes);
      try {
        describeFile(openHdf5(at("changed.h5")));
      } catch (error) {
        expect([position, error]).toEqual([position, expect.objectContaining({ name: "ParityError" })]);
      }
    }
  });
});
