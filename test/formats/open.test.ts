import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTensorFile } from "../../src/formats/open.js";
import { runPython } from "../helpers/python.js";
import { describeFile, type Expected, errorOf, makeFolder, readExpected } from "./expected-tensors.js";

const folder = makeFolder();
const at = (name: string): string => join(folder.path, name);
let byTorch: Expected;
let byNumpy: Expected;

beforeAll(async () => {
  for (const name of ["torch", "numpy", "tensorflow"]) mkdirSync(at(name));
  await Promise.all([
    runPython("test/fixtures/formats/make_torch.py", [at("torch")]),
    runPython("test/fixtures/formats/make_numpy.py", [at("numpy")]),
    runPython("test/fixtures/formats/make_tensorflow.py", [at("tensorflow/model.ckpt")]),
  ]);
  byTorch = readExpected(at("torch"));
  byNumpy = readExpected(at("numpy"));
}, 90_000);
afterAll(() => folder.remove());

describe("openTensorFile", () => {
  it("recognises every format by its content when the name says something else", () => {
    const formats: readonly (readonly [file: string, format: string, tensors: object | undefined])[] = [
      ["torch/plain.safetensors", "safetensors", byTorch["plain.safetensors"]],
      ["torch/state_dict-2.pt", "torch-zip", byTorch["state_dict-2.pt"]],
      ["numpy/little-f4-F.npy", "npy", byNumpy["little-f4-F.npy"]],
    ];
    for (const [name, format, tensors] of formats) {
      copyFileSync(at(name), at("renamed.dat"));
      const file = openTensorFile(at("renamed.dat"));
      expect(file.format).toBe(format);
      expect(describeFile(file)).toEqual(tensors);
    }
    const npz = openTensorFile(at("numpy/deflated.npz"));
    expect([npz.format, npz.tensors.size]).toEqual(["npz", Object.keys(byNumpy["deflated.npz"] ?? {}).length + 1]);
    npz.close();
  });

  it("opens the shards that an index names", () => {
    copyFileSync(at("torch/plain.safetensors"), at("torch/part-1.safetensors"));
    writeFileSync(at("torch/index.json"), ' {"weight_map": {"float32": "part-1.safetensors"}}');
    const file = openTensorFile(at("torch/index.json"));
    expect(file.format).toBe("safetensors");
    expect(file.tensors.has("float32")).toBe(true);
    file.close();
  });

  it.each(["", ".index", ".data-00000-of-00001", ".meta"])(
    "opens a TensorFlow checkpoint by its prefix and by each of its files: model.ckpt%s",
    (suffix) => {
      const file = openTensorFile(at(`tensorflow/model.ckpt${suffix}`));
      expect(file.format).toBe("tf-checkpoint");
      expect(describeFile(file)).toEqual({ "scope/w": ["float32", [2, 2], "0000803f000000400000404000008040"] });
    },
  );

  it("lists what is readable for a file that is none of it", () => {
    writeFileSync(at("model.dat"), "neither tensors nor a model");
    const error = errorOf(() => openTensorFile(at("model.dat")));
    expect(error.code).toBe("FORMAT_UNSUPPORTED");
    expect(error.message).toBe(`${at("model.dat")} is not a file of tensors that parity knows`);
    expect(error.hint).toMatch(/TensorFlow checkpoints.*safetensors.*PyTorch.*\.npz and \.npy/);
  });

  it("does not take any zip archive for arrays", () => {
    const bytes = Buffer.from(readFileSync(at("numpy/stored.npz")));
    for (let i = bytes.indexOf("zeros.npy"); i !== -1; i = bytes.indexOf("zeros.npy", i + 1))
      bytes.write("zeros.txt", i);
    writeFileSync(at("other.zip"), bytes);
    expect(errorOf(() => openTensorFile(at("other.zip"))).code).toBe("FORMAT_UNSUPPORTED");
  });

  it("gives the command that converts a PyTorch file from before 1.6", () => {
    expect(errorOf(() => openTensorFile(at("torch/legacy.pt"))).hint).toMatch(
      /python -c "import torch; torch\.save\(torch\.load\(/,
    );
  });

  it("takes no safetensors file for a pickle, whatever the length of its header", () => {
    for (const length of [0x0280, 0x0380, 0x0480, 0x0580]) {
      const header = Buffer.alloc(8);
      header.writeUInt32LE(length);
      const text = JSON.stringify({ a: { dtype: "U8", shape: [1], data_offsets: [0, 1] } }).padEnd(length);
      writeFileSync(at("pickle-like.safetensors"), Buffer.concat([header, Buffer.from(text), Buffer.from([7])]));
      const file = openTensorFile(at("pickle-like.safetensors"));
      expect([length, file.format]).toEqual([length, "safetensors"]);
      file.close();
    }
  });

  it("says what is wrong with a damaged safetensors file rather than that it is unknown", () => {
    writeFileSync(at("damaged.safetensors"), "not a header at all");
    expect(errorOf(() => openTensorFile(at("damaged.safetensors"))).message).toMatch(
      /the safetensors header claims \d+ bytes/,
    );
  });

  it("says that nothing is there", () => {
    const error = errorOf(() => openTensorFile(at("absent.ckpt")));
    expect(error.code).toBe("FILE_NOT_FOUND");
    expect(error.message).toContain("absent.ckpt");
  });

  it("refuses an empty file", () => {
    writeFileSync(at("empty.pt"), "");
    expect(errorOf(() => openTensorFile(at("empty.pt"))).code).toBe("FORMAT_UNSUPPORTED");
  });
});
