import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ParityError } from "../../src/errors.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import { readSstable } from "../../src/formats/sstable.js";
import { openCheckpoint } from "../../src/formats/tf-checkpoint.js";
import { resolveCheckpointPrefix } from "../../src/formats/tf-checkpoint-path.js";
import { runPython } from "../helpers/python.js";
import { writeSstable } from "./sstable-writer.js";

const directory = mkdtempSync(join(tmpdir(), "parity-tf-files-"));
const at = (...names: string[]) => join(directory, ...names);

/** A copy of one of the checkpoints that TensorFlow wrote, for a test to damage. Gives back its prefix. */
function copyOf(folder: string, stem: string, into: string): string {
  mkdirSync(at(into));
  for (const name of readdirSync(at(folder))) {
    if (name.startsWith(`${stem}.`)) copyFileSync(at(folder, name), at(into, name));
  }
  return at(into, stem);
}

function errorOf(act: () => unknown): ParityError {
  try {
    act();
  } catch (error) {
    if (error instanceof ParityError) return error;
    throw error;
  }
  throw new Error("no error was thrown");
}

beforeAll(async () => {
  await runPython("test/fixtures/tensorflow/write_checkpoints.py", [directory]);
}, 240_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("resolveCheckpointPrefix", () => {
  test("takes the prefix, each file of the trio, a shard, and the directory with a `checkpoint` file", () => {
    const prefix = at("saver", "model.ckpt-3");
    for (const ending of ["", ".index", ".meta", ".data-00000-of-00001"]) {
      expect(resolveCheckpointPrefix(prefix + ending)).toBe(prefix);
    }
    expect(resolveCheckpointPrefix(at("saver"))).toBe(prefix);
    expect(resolveCheckpointPrefix(at("object"))).toBe(at("object", "ckpt-1"));
  });

  test("takes a directory with a single checkpoint, and the directory of a SavedModel", () => {
    expect(resolveCheckpointPrefix(at("dtypes"))).toBe(at("dtypes", "all"));
    mkdirSync(at("saved", "variables"), { recursive: true });
    copyFileSync(at("dtypes", "all.index"), at("saved", "variables", "variables.index"));
    expect(resolveCheckpointPrefix(at("saved"))).toBe(at("saved", "variables", "variables"));
  });

  test.each([
    ["the absolute path of another machine", '/home/someone/models/plain"', "plain"],
    ["a path that climbs out of the directory", '../../etc/plain"', "plain"],
    ["a relative path with other folders", 'models/run1/plain"', "plain"],
    ["escapes and unicode", 'pl\\141in"', "plain"],
  ])("finds the checkpoint beside the `checkpoint` file for %s", (_, text, name) => {
    copyFileSync(at("object", "plain.index"), at("object", "sch\u00f6n.index"));
    writeFileSync(at("object", "checkpoint"), `model_checkpoint_path: "${text}\n`);
    expect(resolveCheckpointPrefix(at("object"))).toBe(at("object", name));
    writeFileSync(at("object", "checkpoint"), 'model_checkpoint_path: "sch\\303\\266n"\n');
    expect(resolveCheckpointPrefix(at("object"))).toBe(at("object", "sch\u00f6n"));
  });

  test.each([
    ["says nothing", "all_model_checkpoint_paths: 'x'", "FORMAT_INVALID", "does not say model_checkpoint_path"],
    ["has a name with a zero byte", 'model_checkpoint_path: "a\\000b"', "FORMAT_INVALID", "does not say"],
    ["names what is not there", 'model_checkpoint_path: "gone"', "FILE_NOT_FOUND", "names gone, but there is no"],
    ["names more than a path holds", `model_checkpoint_path: "${"x".repeat(5000)}"`, "FILE_NOT_FOUND", "names xxx"],
  ])("says what is wrong with a `checkpoint` file that %s", (label, text, code, message) => {
    const folder = at(`state ${label}`);
    mkdirSync(folder);
    writeFileSync(join(folder, "checkpoint"), text);
    const error = errorOf(() => resolveCheckpointPrefix(folder));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.where?.file).toBe(join(folder, "checkpoint"));
    expect(error.hint).toBeDefined();
  });

  test("names the candidates of a directory with several checkpoints", () => {
    const error = errorOf(() => resolveCheckpointPrefix(at("slices")));
    expect(error.message).toContain("2 of them: cut.index, words.index");
  });

  test("says what a checkpoint's prefix is when there is none, also for TensorFlow 0.x's single file", () => {
    expect(errorOf(() => openCheckpoint(at("nothing.ckpt"))).message).toBe(
      `There is no checkpoint index ${at("nothing.ckpt.index")}`,
    );
    writeFileSync(at("old.ckpt"), "x");
    expect(errorOf(() => openCheckpoint(at("old.ckpt")))).toMatchObject({ code: "FORMAT_UNSUPPORTED" });
  });
});

describe("openCheckpoint of damaged files", () => {
  test("a shard that is cut off is found when opening, with its sizes, the first lost tensor and what to do", () => {
    const prefix = copyOf("dtypes", "all", "cut");
    const shard = `${prefix}.data-00000-of-00001`;
    const whole = openCheckpoint(prefix);
    const tensors = whole.index.tensors.map(({ name, parts }) => ({ name, ...parts[0]?.entry }));
    whole.close();
    const size = readFileSync(shard).length;
    truncateSync(shard, 1000);
    const error = errorOf(() => openCheckpoint(prefix));
    const lost = tensors
      .filter(({ offset = 0, size: bytes = 0 }) => bytes > 0 && offset + bytes > 1000)
      .sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
    expect(error.code).toBe("FORMAT_INVALID");
    expect(error.message).toContain(`The shard ${shard} is cut off: ${size} bytes are expected, it has 1000`);
    expect(error.message).toContain(`${lost[0]?.name} and ${lost.length - 1} more tensors`);
    expect(error.where).toEqual({ file: shard, offset: 1000, key: lost[0]?.name });
    expect(error.hint).toContain("Copy the file again");
  });

  test("an empty shard is cut off, a missing one is missing: both before anything is read", () => {
    const prefix = copyOf("shards", "merged", "gone");
    const shard = `${prefix}.data-00001-of-00003`;
    truncateSync(shard, 0);
    expect(errorOf(() => openCheckpoint(prefix)).message).toContain("64 bytes are expected, it has 0");
    rmSync(shard);
    const error = errorOf(() => openCheckpoint(prefix));
    expect(error.code).toBe("FILE_NOT_FOUND");
    expect(error.message).toBe(
      `The shard ${shard} is missing; 64 bytes are expected there, for t1/a and 1 more tensors`,
    );
    expect(error.where).toEqual({ file: shard, key: "t1/a" });
  });

  test("opening reads the index alone: shards that hold nothing but zeros are not looked into", () => {
    const prefix = copyOf("shards", "merged", "zeros");
    for (const shard of [0, 1, 2]) {
      const file = `${prefix}.data-0000${shard}-of-00003`;
      const size = readFileSync(file).length;
      rmSync(file);
      writeFileSync(file, "");
      truncateSync(file, size);
    }
    const checkpoint = openCheckpoint(prefix);
    expect(checkpoint.tensors.size).toBe(6);
    checkpoint.close();
  });

  test("a shard that shrinks after opening gives an error that names it, not zeros", () => {
    const prefix = copyOf("shards", "merged", "shrunk");
    const checkpoint = openCheckpoint(prefix);
    const tensor = checkpoint.tensors.get("t2/b");
    if (tensor === undefined) throw new Error("t2/b");
    truncateSync(`${prefix}.data-00002-of-00003`, 60);
    expect(errorOf(() => readTensor(tensor)).message).toContain("merged.data-00002-of-00003 ends at byte 60");
    checkpoint.close();
    expect(() => readTensor(tensor)).toThrow("after it was closed");
  });

  test("another file under the index's name", () => {
    const prefix = copyOf("saver", "model.ckpt-3", "other");
    copyFileSync(`${prefix}.meta`, `${prefix}.index`);
    expect(errorOf(() => openCheckpoint(prefix)).message).toContain("is not a checkpoint index");
    writeFileSync(`${prefix}.index`, writeSstable([[Buffer.from("a"), Buffer.from("b")]]));
    expect(errorOf(() => openCheckpoint(prefix)).message).toContain("has no bundle header");
  });

  /** The index of `shards/merged` with one entry replaced, checksums mended. */
  function openWith(
    into: string,
    source: string,
    change: (name: string, value: Buffer) => Uint8Array | undefined,
  ): ParityError {
    const [folder = "", stem = ""] = source.split("/");
    const prefix = copyOf(folder, stem, into);
    const entries = readSstable(readFileSync(`${prefix}.index`), "index").flatMap(({ key, value }) => {
      const changed = change(Buffer.from(key).toString("latin1"), Buffer.from(value));
      return changed === undefined ? [] : [[key, changed] as const];
    });
    writeFileSync(`${prefix}.index`, writeSstable(entries));
    return errorOf(() => openCheckpoint(prefix));
  }

  test("an entry whose size is not that of its shape and type", () => {
    // Field 5 is the size in bytes.
    const error = openWith("size", "shards/merged", (name, value) =>
      name === "t0/b" ? Buffer.concat([value, Buffer.from([0x28, 15])]) : value,
    );
    expect(error.message).toContain("t0/b is DT_FLOAT [4,1], 16 bytes, but its entry says 15");
    expect(error.where?.key).toBe("t0/b");
  });

  test("an entry in a shard that does not exist", () => {
    const error = openWith("shard", "shards/merged", (name, value) =>
      name === "t0/b" ? Buffer.concat([value, Buffer.from([0x18, 9])]) : value,
    );
    expect(error.message).toContain("t0/b lies in shard 9 of 3");
  });

  test("a slice that is missing, overlaps, or leaves a gap: no half-filled tensor is given", () => {
    const missing = openWith("slice missing", "saver/model.ckpt-3", (name, value) =>
      name.startsWith("\0") && name.includes("rows") && name.includes("\x80\x83") ? undefined : value,
    );
    expect(missing.message).toContain("the slice of model/rows/w at [0,0] of size [3,4] is missing");
    // The full tensor's entry names its slices; naming the first twice overlaps, dropping the last leaves a gap.
    const slices = (value: Buffer) => {
      const start = value.indexOf(0x3a);
      const found: Buffer[] = [];
      for (let at = start; at < value.length && value[at] === 0x3a; at += 2 + (value[at + 1] ?? 0)) {
        found.push(value.subarray(at, at + 2 + (value[at + 1] ?? 0)));
      }
      return { head: value.subarray(0, start), found };
    };
    const overlap = openWith("slice twice", "saver/model.ckpt-3", (name, value) => {
      if (name !== "model/rows/w") return value;
      const { head, found } = slices(value);
      return Buffer.concat([head, ...found, found[0] ?? head]);
    });
    expect(overlap.message).toContain("model/rows/w of shape [7,4]: the slices at [0,0] and [0,0] overlap");
    const gap = openWith("slice gap", "saver/model.ckpt-3", (name, value) => {
      if (name !== "model/rows/w") return value;
      const { head, found } = slices(value);
      return Buffer.concat([head, ...found.slice(0, -1)]);
    });
    expect(gap.message).toMatch(/model\/rows\/w of shape \[7,4\]: the slices hold (16|20) of 28 elements/);
  });

  test("a bundle that says it needs a newer reader", () => {
    const error = openWith("version", "shards/merged", (name, value) =>
      name === "" ? Buffer.concat([value, Buffer.from([0x1a, 2, 0x10, 9])]) : value,
    );
    expect(error.message).toContain("needs a reader of version 9; this one knows 1");
  });
});
