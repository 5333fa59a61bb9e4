import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ParityError } from "../../src/errors.js";
import { withFileBytes } from "../../src/formats/file-bytes.js";
import { openNpy } from "../../src/formats/npy.js";
import { openNpz } from "../../src/formats/npz.js";
import { openTensorFile } from "../../src/formats/open.js";
import { openSafetensors } from "../../src/formats/safetensors.js";
import { openShardedSafetensors } from "../../src/formats/safetensors-sharded.js";
import { nameTensors } from "../../src/formats/torch-names.js";
import { TORCH_MEANING } from "../../src/formats/torch-rebuild.js";
import { openTorchZip } from "../../src/formats/torch-zip.js";
import type { TensorFile } from "../../src/formats/types.js";
import { unpickle } from "../../src/formats/unpickle.js";
import { readZipDirectory } from "../../src/formats/zip-directory.js";
import { readWholeMember } from "../../src/formats/zip-member.js";
import { runPython } from "../helpers/python.js";
import { makeFolder } from "./expected-tensors.js";

const folder = makeFolder();
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  mkdirSync(at("torch"));
  mkdirSync(at("numpy"));
  await Promise.all([
    runPython("test/fixtures/formats/make_torch.py", [at("torch")]),
    runPython("test/fixtures/formats/make_numpy.py", [at("numpy")]),
  ]);
  writeFileSync(
    at("torch/x.index.json"),
    '{"metadata": {}, "weight_map": {"float32": "plain.safetensors", "bool": "plain.safetensors"}}',
  );
}, 90_000);
afterAll(() => folder.remove());

/** Changes of a file: bytes overwritten, and an end that may be cut off. Interesting bytes are tried more often. */
const mutation = fc.record({
  changes: fc.array(
    fc.tuple(
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
    ),
    { maxLength: 6 },
  ),
  keep: fc.oneof(
    { weight: 3, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
});

function mutate(
  bytes: Buffer,
  { changes, keep }: { changes: [number, number][]; keep: number },
  start: number,
  end: number,
): Buffer {
  const copy = Buffer.from(bytes);
  for (const [place, value] of changes) copy[start + Math.floor(place * (end - start))] = value;
  return copy.subarray(0, Math.ceil(copy.length * keep));
}

/** Opens the file and reads the beginning and the end of every tensor, as far as the reader lets one. */
function readSome(open: (path: string) => TensorFile, path: string): void {
  const file = open(path);
  try {
    for (const tensor of file.tensors.values()) {
      const part = new Uint8Array(Math.min(tensor.byteLength, 64));
      tensor.read(part, 0);
      tensor.read(part, tensor.byteLength - part.length);
    }
  } finally {
    file.close();
  }
}

function expectOnlyParityErrors(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof ParityError)) throw error;
    expect(error.message.length).toBeGreaterThan(10);
  }
}

describe("damaged files", () => {
  it.each([
    ["torch/plain.safetensors", openSafetensors, 0, 1600],
    ["torch/x.index.json", openShardedSafetensors, 0, 100],
    ["numpy/big-f4-F.npy", openNpy, 0, 128],
    ["numpy/scalar.npy", openTensorFile, 0, 128],
    ["torch/views-2.pt", openTorchZip, 0, 0],
    ["torch/deflated.pt", openTorchZip, 0, 0],
    ["torch/state_dict-5.pt", openTensorFile, 0, 0],
  ] as const)(
    "are answered with a ParityError or with numbers, never with a crash or a hang: %s",
    (name, open, start, end) => {
      const bytes = readFileSync(at(name));
      const path = at(`${name}.damaged`);
      fc.assert(
        fc.property(mutation, (change) => {
          writeFileSync(path, mutate(bytes, change, start, end || bytes.length));
          expectOnlyParityErrors(() => readSome(open, path));
        }),
        { numRuns: 300 },
      );
    },
    30_000,
  );

  it.each(["numpy/stored.npz", "torch/views-2.pt", "numpy/deflated.npz"])(
    "are answered with a ParityError when the zip directory is damaged: %s",
    (name) => {
      const bytes = readFileSync(at(name));
      const path = at(`${name}.damaged`);
      const start = bytes.indexOf(Buffer.from("504b0102", "hex"));
      fc.assert(
        fc.property(mutation, (change) => {
          writeFileSync(path, mutate(bytes, change, start, bytes.length));
          expectOnlyParityErrors(() => readSome(name.endsWith(".npz") ? openNpz : openTorchZip, path));
        }),
        { numRuns: 200 },
      );
    },
    30_000,
  );

  it.each(["torch/state_dict-2.pt", "torch/nested-4.pt", "torch/views-5.pt", "torch/dtypes-2.pt"])(
    "are answered with a ParityError when the pickle is damaged: %s",
    (name) => {
      const pickle = withFileBytes(at(name), (file) => {
        const member = [...readZipDirectory(file).values()].find((entry) => entry.name.endsWith("/data.pkl"));
        if (member === undefined) throw new Error("no pickle");
        const bytes = readWholeMember(file, member, 1e6);
        file.close();
        return Buffer.from(bytes);
      });
      fc.assert(
        fc.property(mutation, (change) => {
          const damaged = mutate(pickle, change, 0, pickle.length);
          expectOnlyParityErrors(() => nameTensors(unpickle(damaged, TORCH_MEANING, { file: name }), { file: name }));
        }),
        { numRuns: 1500 },
      );
    },
    30_000,
  );
});
