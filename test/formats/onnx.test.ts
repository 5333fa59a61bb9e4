import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openOnnx } from "../../src/formats/onnx/open-onnx.js";
import { encodeOnnxModel } from "../../src/formats/onnx/write-model.js";
import { openTensorFile } from "../../src/formats/open.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import { runPython } from "../helpers/python.js";
import { describeFile, type Expected, errorOf, makeFolder, readExpected } from "./expected-tensors.js";

const folder = makeFolder();
let expected: Expected;

beforeAll(async () => {
  await runPython("test/fixtures/formats/make_onnx.py", [folder.path]);
  expected = readExpected(folder.path);
}, 60_000);
afterAll(() => folder.remove());

const at = (name: string): string => join(folder.path, name);

/** The model's bytes with one place changed, under a new name. */
function broken(name: string, change: (bytes: Buffer) => Buffer): string {
  const path = at(`broken-${name}`);
  writeFileSync(path, change(readFileSync(at(name))));
  return path;
}

describe("openOnnx", () => {
  it.each([
    ["raw.onnx", "every type as raw_data, 4-bit integers unpacked"],
    ["typed.onnx", "every type in its repeated field"],
    ["shapes.onnx", "scalars, empty tensors, unicode names, weights that stay in the file"],
    ["constants.onnx", "constants of nodes beside initializers"],
    ["one.onnx", "weights in one file beside the model"],
    ["shards.onnx", "weights in a file each"],
  ])("reads %s (%s) as onnx's numpy_helper does", (name) => {
    const file = openTensorFile(at(name));
    expect(file.format).toBe("onnx");
    expect(describeFile(file)).toEqual(expected[name]);
  });

  it("is recognised by its content, whatever its name", () => {
    const path = at("model.bin");
    writeFileSync(path, readFileSync(at("raw.onnx")));
    const file = openTensorFile(path);
    expect([file.format, file.metadata.ir_version]).toEqual(["onnx", "10"]);
    file.close();
  });

  it("reads any part of packed 4-bit integers", () => {
    const file = openOnnx(at("raw.onnx"));
    const tensor = file.tensors.get("int822");
    const part = new Uint8Array(3);
    tensor?.read(part, 1);
    expect([...new Int8Array(part.buffer)]).toEqual([7, -1, 3]);
    file.close();
  });

  it("gives text as text", () => {
    const file = openOnnx(at("text.onnx"));
    const words = file.tensors.get("words")?.strings?.() ?? [];
    expect(words.map((word) => Buffer.from(word).toString())).toEqual(["a", "層"]);
    file.close();
  });

  it("finds what graphs inside of nodes read of the graph around them", () => {
    const file = openOnnx(at("branches.onnx"));
    const [, branch] = file.model.graph.nodes;
    expect(branch?.attributes.get("then_branch")?.graphReads).toEqual(["outer", "out"]);
    expect(file.model.graph.inputs.map((one) => [one.name, one.params])).toEqual([
      ["x", ["n"]],
      ["flag", []],
    ]);
    file.close();
  });
});

describe("a model that is written back", () => {
  it("is the same to onnx itself", async () => {
    const names = ["branches.onnx", "typed.onnx", "constants.onnx", "shapes.onnx", "one.onnx"];
    for (const name of names) {
      const file = openOnnx(at(name));
      const { graph } = file.model;
      const initializers = graph.initializers.map((one) => {
        const tensor = file.tensors.get(one.name);
        if (one.data.kind !== "in-file" || tensor === undefined) return one;
        return { ...one, data: { kind: "raw" as const, bytes: readTensor(tensor) } };
      });
      writeFileSync(at(`written-${name}`), encodeOnnxModel({ ...file.model, graph: { ...graph, initializers } }));
      file.close();
    }
    const pairs = names.flatMap((name) => [at(name), at(`written-${name}`)]);
    const same = await runPython("test/fixtures/formats/same_onnx.py", pairs);
    expect(same.split("\n")).toEqual(names.map(() => "True"));
  });
});

describe("a broken model is refused", () => {
  it.each([
    [
      "cut in its graph",
      "raw.onnx",
      (bytes: Buffer) => bytes.subarray(0, bytes.length - 30),
      /takes \d+ bytes, but its message has \d+ left/,
    ],
    ["empty", "raw.onnx", () => Buffer.alloc(0), /holds no graph/],
    [
      "no protobuf",
      "raw.onnx",
      () => Buffer.from("not a model at all, but some text"),
      /group, which ONNX does not use|damaged tag|left/,
    ],
  ])("%s, with file and offset", (_, name, change, message) => {
    const path = broken(name, change);
    const error = errorOf(() => openTensorFile(path));
    expect([error.code, error.where?.file]).toEqual(["FORMAT_INVALID", path]);
    expect(error.where?.offset).toBeTypeOf("number");
    expect(error.message).toMatch(message);
  });

  it("with numbers that are not as many as its shape says", () => {
    const path = broken("shapes.onnx", (bytes) => {
      const place = bytes.indexOf(Buffer.from([0x0a, 0x03, 0x03, 0xd0, 0x0f])); // dims [3, 2000], packed
      const unpacked = bytes.indexOf(Buffer.from([0x08, 0x03, 0x08, 0xd0, 0x0f])); // the same, one by one
      if (place >= 0) bytes[place + 2] = 4;
      else bytes[unpacked + 1] = 4;
      return bytes;
    });
    const error = errorOf(() => openTensorFile(path));
    expect(error.message).toBe("the tensor large holds 24000 bytes, but [4, 2000] of FLOAT takes 32000");
    expect(error.where?.key).toBe("large");
  });

  it("that names an element type which parity does not read", () => {
    const error = errorOf(() => openTensorFile(at("unread.onnx")));
    expect([error.code, error.message]).toEqual(["FORMAT_UNSUPPORTED", "the tensor tiny is of type FLOAT8E4M3FNUZ"]);
  });

  it.each([
    ["above.onnx", "names the file ../outside.bin, which is not in the model's folder"],
    ["absolute.onnx", "names the file /etc/hostname, which is not in the model's folder"],
  ])("that keeps weights outside of its folder: %s", (name, message) => {
    const error = errorOf(() => openTensorFile(at(name)));
    expect(error.code).toBe("FORMAT_INVALID");
    expect(error.message).toContain(message);
  });

  it("whose data file is a link out of the folder", () => {
    mkdirSync(at("linked"));
    writeFileSync(at("linked/m.onnx"), readFileSync(at("one.onnx")));
    symlinkSync(at("one.bin"), at("linked/one.bin"));
    expect(errorOf(() => openTensorFile(at("linked/m.onnx"))).message).toContain("a link to a file outside");
  });

  it("whose data file is missing, with what to do", () => {
    const error = errorOf(() => openTensorFile(at("missing.onnx")));
    expect([error.code, error.hint]).toEqual([
      "FILE_NOT_FOUND",
      "Copy the model's data file with it: it belongs into the same folder.",
    ]);
  });

  it("whose data file is too short", () => {
    mkdirSync(at("short"));
    writeFileSync(at("short/one.onnx"), readFileSync(at("one.onnx")));
    writeFileSync(at("short/one.bin"), readFileSync(at("one.bin")).subarray(0, 10_000));
    const error = errorOf(() => openTensorFile(at("short/one.onnx")));
    expect(error.message).toMatch(/the tensor w\d should span bytes \d+ to \d+, but there are only 10000/);
  });
});
