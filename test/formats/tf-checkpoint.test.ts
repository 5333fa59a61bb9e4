import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crc32c, maskCrc } from "../../src/formats/crc32c.js";
import { elementCount } from "../../src/formats/dtype.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import { readSstable } from "../../src/formats/sstable.js";
import { openCheckpoint, type TfCheckpoint } from "../../src/formats/tf-checkpoint.js";
import { verifyChecksums } from "../../src/formats/tf-checksums.js";
import { runPython } from "../helpers/python.js";
import { writeSstable } from "./sstable-writer.js";

interface Expected {
  readonly dtype: string;
  readonly shape: number[];
  readonly bytes?: string;
  readonly strings?: string[];
}

const directory = mkdtempSync(join(tmpdir(), "parity-tf-checkpoint-"));
const opened: TfCheckpoint[] = [];
let expected: Record<string, Record<string, Expected>> = {};

function open(path: string): TfCheckpoint {
  const checkpoint = openCheckpoint(join(directory, path));
  opened.push(checkpoint);
  return checkpoint;
}

/** TensorFlow's names of its types → ours, where they differ. */
const DTYPES: Record<string, string> = { qint8: "int8", quint8: "uint8", qint32: "int32" };

beforeAll(async () => {
  await runPython("test/fixtures/tensorflow/write_checkpoints.py", [directory]);
  expected = JSON.parse(readFileSync(join(directory, "expected.json"), "utf8"));
}, 240_000);

afterAll(() => {
  for (const checkpoint of opened) checkpoint.close();
  rmSync(directory, { recursive: true, force: true });
});

describe("openCheckpoint", () => {
  test.each([
    ["dtypes/all", "every dtype, strings, unicode names, scalars, empty tensors"],
    ["slices/cut", "tensors in slices along several axes"],
    ["saver/model.ckpt-3", "TensorFlow 1's Saver with partitioned variables"],
    ["object/plain", "TensorFlow 2's object form"],
    ["object/ckpt-1", "a CheckpointManager's checkpoint"],
    ["shards/merged", "several shards"],
    ["many/ckpt", "an index of several blocks"],
  ])("reads %s as TensorFlow does: %s", (prefix) => {
    const checkpoint = open(prefix);
    const wanted = expected[prefix] ?? {};
    expect(Object.keys(wanted).length).toBeGreaterThan(1);
    expect([...checkpoint.tensors.keys()].sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, { dtype, shape, bytes, strings }] of Object.entries(wanted)) {
      const tensor = checkpoint.tensors.get(name);
      if (tensor === undefined) throw new Error(name);
      expect([name, tensor.dtype, tensor.shape]).toEqual([name, DTYPES[dtype] ?? dtype, shape]);
      if (strings === undefined) {
        expect(Buffer.from(readTensor(tensor)).toString("base64"), name).toBe(bytes);
        expect(tensor.strings).toBeUndefined();
      } else {
        expect(
          tensor.strings?.().map((value) => Buffer.from(value).toString("base64")),
          name,
        ).toEqual(strings);
      }
    }
  });

  test("lists the object graph like any other string tensor", () => {
    const graph = open("object/plain").tensors.get("_CHECKPOINTABLE_OBJECT_GRAPH");
    expect([graph?.dtype, graph?.shape, graph?.byteLength]).toEqual(["string", [], 0]);
    expect(Buffer.from(graph?.strings?.()[0] ?? []).includes("kernel")).toBe(true);
  });

  test("puts partitioned variables together under their full name, the parts are not listed", () => {
    const { tensors } = open("saver/model.ckpt-3");
    expect(tensors.get("model/rows/w")?.shape).toEqual([7, 4]);
    expect(tensors.get("model/columns/w")?.shape).toEqual([5, 6]);
    expect([...tensors.keys()].filter((name) => name.includes("part_"))).toEqual([]);
  });

  test("gives any range of a sliced tensor, as block-wise comparison reads it", () => {
    for (const name of ["cube", "far", "a\0b\u00ff"]) {
      const tensor = open("slices/cut").tensors.get(name);
      if (tensor === undefined) throw new Error(name);
      const whole = readTensor(tensor);
      for (const size of [1, 3, 4, 7, 64, 100_000]) {
        for (let at = 0; at < whole.length; at += Math.max(size, Math.floor(whole.length / 50))) {
          const part = new Uint8Array(Math.min(size, whole.length - at));
          tensor.read(part, at);
          expect(Buffer.compare(part, whole.subarray(at, at + part.length)), `${name} ${at}+${size}`).toBe(0);
        }
      }
    }
  });

  test("puts sliced string tensors together in order", () => {
    const words = open("slices/words").tensors.get("words");
    const values = words?.strings?.().map((value) => Buffer.from(value).toString());
    expect(values).toEqual(Array.from({ length: 12 }, (_, index) => `w${index}`));
  });

  test("leaves out variants and 4-bit integers, and says so in the metadata", () => {
    const checkpoint = open("unsupported/mixed");
    expect([...checkpoint.tensors.keys()]).toEqual(["fine"]);
    expect(JSON.parse(checkpoint.metadata.unsupportedTensors ?? "")).toEqual([
      { name: "list", dtype: "DT_VARIANT" },
      { name: "nibbles", dtype: "DT_INT4" },
    ]);
    expect(verifyChecksums(checkpoint)).toEqual({ tensors: 1, bytes: 4 });
  });

  test("swaps the bytes of a checkpoint from a big-endian machine, strings excepted", () => {
    // The same files with the header's byte order changed and the numbers' bytes reversed.
    const prefix = join(directory, "dtypes", "big");
    const source = open("dtypes/all");
    const index = readSstable(readFileSync(source.path), "index");
    const entries = index.map(({ key, value }) => [key, value] as const);
    const header = Buffer.concat([index[0]?.value ?? Buffer.alloc(0), Buffer.from([0x10, 0x01])]);
    entries[0] = [new Uint8Array(0), header];
    writeFileSync(`${prefix}.index`, writeSstable(entries));
    const data = readFileSync(`${join(directory, "dtypes/all")}.data-00000-of-00001`);
    for (const { dtype, shape, parts } of source.index.tensors) {
      const word = { float64: 8, complex128: 8, int64: 8, uint64: 8, float32: 4, complex64: 4, int32: 4, uint32: 4 }[
        dtype as string
      ];
      const half = ["float16", "bfloat16", "int16", "uint16"].includes(dtype as string) ? 2 : 1;
      const { offset, size } = parts[0]?.entry ?? { offset: 0, size: 0 };
      if (dtype === "string" || elementCount(shape) === 0) continue;
      for (let at = offset; at < offset + size; at += word ?? half) data.subarray(at, at + (word ?? half)).reverse();
    }
    writeFileSync(`${prefix}.data-00000-of-00001`, data);
    const swapped = open("dtypes/big");
    expect(swapped.metadata.endianness).toBe("big");
    for (const [name, tensor] of source.tensors) {
      if (tensor.dtype === "string") continue;
      const other = swapped.tensors.get(name);
      if (other === undefined) throw new Error(name);
      expect(Buffer.compare(readTensor(other), readTensor(tensor)), name).toBe(0);
      if (tensor.byteLength > 3) {
        const [odd, even] = [new Uint8Array(tensor.byteLength - 3), readTensor(tensor).subarray(1, -2)];
        other.read(odd, 1);
        expect(Buffer.compare(odd, even), name).toBe(0);
      }
    }
  });
});

describe("verifyChecksums", () => {
  test("passes what TensorFlow wrote: dense, sliced, strings, shards", () => {
    for (const prefix of [
      "dtypes/all",
      "slices/cut",
      "slices/words",
      "saver/model.ckpt-3",
      "object/plain",
      "shards/merged",
    ]) {
      const checkpoint = open(prefix);
      expect(verifyChecksums(checkpoint).tensors).toBe(checkpoint.tensors.size);
    }
  });

  test("names tensor, shard and offset of a flipped bit, and nothing else complains", () => {
    const source = join(directory, "dtypes", "all");
    const copy = join(directory, "dtypes", "flipped");
    writeFileSync(`${copy}.index`, readFileSync(`${source}.index`));
    const data = readFileSync(`${source}.data-00000-of-00001`);
    for (const { name, dtype, parts } of open("dtypes/all").index.tensors) {
      const { offset, size } = parts[0]?.entry ?? { offset: 0, size: 0 };
      if (size === 0) continue;
      const damaged = Buffer.from(data);
      damaged[offset + size - 1] = (damaged[offset + size - 1] ?? 0) ^ 1;
      writeFileSync(`${copy}.data-00000-of-00001`, damaged);
      const checkpoint = open("dtypes/flipped");
      const file = `${copy}.data-00000-of-00001`;
      let error: unknown;
      try {
        verifyChecksums(checkpoint);
      } catch (caught) {
        error = caught;
      }
      expect(error, name).toMatchObject({ code: "FORMAT_INVALID", where: { file, offset, key: name } });
      const others = [...checkpoint.tensors.keys()].filter((other) => other !== name);
      expect(verifyChecksums(checkpoint, others).tensors).toBe(others.length);
      if (dtype !== "string") expect(String(error)).toContain(`${size} bytes of ${name} at ${offset} have CRC-32C`);
    }
  });

  test("takes the sum that is stored in the index, not one of its own", () => {
    const { index } = open("shards/merged");
    const [part] = index.tensors[0]?.parts ?? [];
    const data = readFileSync(join(directory, "shards", "merged.data-00000-of-00003"));
    const { offset, size, crc } = part?.entry ?? { offset: 0, size: 0, crc: 0 };
    expect(size).toBe(16);
    expect(crc).toBe(maskCrc(crc32c(data.subarray(offset, offset + size))));
  });
});
