import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ParityError } from "../../src/errors.js";
import { readSstable, type SstableEntry } from "../../src/formats/sstable.js";
import { openCheckpoint } from "../../src/formats/tf-checkpoint.js";
import { verifyChecksums } from "../../src/formats/tf-checksums.js";
import { decodeGraphDef, encodeGraphDef } from "../../src/formats/tf-proto/graph-def.js";
import { decodeMetaGraph, encodeMetaGraph } from "../../src/formats/tf-proto/meta-graph.js";
import { readGraphDef, readMetaGraph, readSavedModel } from "../../src/formats/tf-proto/read-files.js";
import { decodeSavedModel } from "../../src/formats/tf-proto/saved-model.js";
import type { GraphDef } from "../../src/formats/tf-proto/types.js";
import { runPython } from "../helpers/python.js";
import { writeSstable } from "./sstable-writer.js";

const directory = mkdtempSync(join(tmpdir(), "parity-tf-fuzz-"));
const at = (...names: string[]) => join(directory, ...names);

beforeAll(async () => {
  await Promise.all([
    runPython("test/fixtures/tensorflow/write_graphs.py", [at("graphs")]),
    runPython("test/fixtures/tensorflow/write_checkpoints.py", [at("checkpoints")]),
  ]);
}, 240_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Changes to some bytes, then perhaps a cut: what bad disks, bad transfers and attackers do. */
const damage = fc.record({
  edits: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 6 }),
  keep: fc.oneof(
    { weight: 3, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
});

function apply(bytes: Uint8Array, { edits, keep }: { edits: [number, number][]; keep: number }): Buffer {
  const copy = Buffer.from(bytes);
  for (const [place, value] of edits) if (copy.length > 0) copy[Math.floor(place * (copy.length - 1))] = value;
  return copy.subarray(0, Math.floor(keep * copy.length));
}

/** Runs `act`; anything but a ParityError with a file is a failure. */
function survives(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (!(error instanceof ParityError)) throw error;
    expect(error.where?.file).toBeDefined();
    return false;
  }
}

/** Asks for everything that is decoded on demand. */
function touchGraph(graph: GraphDef | undefined): void {
  for (const { attr } of graph?.node ?? []) {
    for (const value of attr.values()) if ("tensor" in value) survives(() => void value.tensor.values());
  }
}

describe("damaged files never crash, hang, or take memory that the file does not justify", () => {
  test("a meta graph, a graph and a SavedModel", () => {
    const meta = readFileSync(at("graphs", "meta", "rich.meta"));
    const graph = readFileSync(at("graphs", "frozen.pb"));
    const saved = readFileSync(at("graphs", "saved", "saved_model.pb"));
    let refused = 0;
    const source = { file: "x", offset: 0 };
    fc.assert(
      fc.property(damage, (change) => {
        const outcomes = [
          survives(() => {
            const decoded = decodeMetaGraph(apply(meta, change), source);
            touchGraph(decoded.graphDef);
            encodeMetaGraph(decoded);
          }),
          survives(() => {
            const decoded = decodeGraphDef(apply(graph, change), source);
            touchGraph(decoded);
            encodeGraphDef(decoded);
          }),
          survives(() => void decodeSavedModel(apply(saved, change), source)),
        ];
        refused += outcomes.filter((survived) => !survived).length;
      }),
      { numRuns: 250 },
    );
    expect(refused).toBeGreaterThan(60);
  });

  test("an index, as it is and with its block checksums mended", () => {
    const prefixes = ["dtypes/all", "slices/cut", "saver/model.ckpt-3"].map((prefix) => at("checkpoints", prefix));
    const target = at("checkpoints", "fuzzed");
    const shardBytes = Math.max(...prefixes.map((prefix) => statSync(`${prefix}.data-00000-of-00001`).size));
    writeFileSync(`${target}.data-00000-of-00001`, "");
    truncateSync(`${target}.data-00000-of-00001`, shardBytes);
    const indexes = prefixes.map((prefix) => readFileSync(`${prefix}.index`));
    const entries = indexes.map((index) => readSstable(index, "index"));
    let opened = 0;
    const read = (bytes: Uint8Array): void => {
      writeFileSync(`${target}.index`, bytes);
      survives(() => {
        const checkpoint = openCheckpoint(target);
        opened++;
        try {
          for (const tensor of checkpoint.tensors.values()) {
            if (tensor.strings !== undefined) survives(() => void tensor.strings?.());
            else survives(() => tensor.read(new Uint8Array(Math.min(tensor.byteLength, 4096)), 0));
          }
          survives(() => void verifyChecksums(checkpoint));
        } finally {
          checkpoint.close();
        }
      });
    };
    fc.assert(
      fc.property(fc.nat(2), fc.double({ min: 0, max: 1, noNaN: true }), damage, (which, place, change) => {
        read(apply(indexes[which] ?? Buffer.alloc(0), change));
        const all: SstableEntry[] = entries[which] ?? [];
        const chosen = Math.floor(place * (all.length - 1));
        read(writeSstable(all.map(({ key, value }, i) => [key, i === chosen ? apply(value, change) : value] as const)));
      }),
      { numRuns: 250 },
    );
    expect(opened).toBeGreaterThan(20);
  });

  test("bytes that are nothing at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const decode of [decodeMetaGraph, decodeGraphDef, decodeSavedModel]) {
          survives(() => void decode(bytes, { file: "x", offset: 0 }));
        }
        survives(() => void readSstable(bytes, "x"));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a file of another kind says what it is not", () => {
  const errorOf = (act: () => unknown): ParityError => {
    try {
      act();
    } catch (error) {
      if (error instanceof ParityError) return error;
      throw error;
    }
    throw new Error("no error was thrown");
  };
  const write = (name: string, bytes: Uint8Array): string => {
    writeFileSync(at(name), bytes);
    return at(name);
  };

  test("an .index given as .meta", () => {
    const path = write("index.meta", readFileSync(at("checkpoints", "dtypes", "all.index")));
    expect(errorOf(() => readMetaGraph(path))).toMatchObject({
      code: "FORMAT_INVALID",
      message: `${path} is the index of a checkpoint (a sorted table), not a MetaGraphDef (.meta)`,
    });
  });

  test("a frozen graph given as .meta, a .meta given as frozen graph, a SavedModel given as either", () => {
    const graph = at("graphs", "frozen.pb");
    const meta = at("graphs", "meta", "model.ckpt.meta");
    const saved = at("graphs", "saved", "saved_model.pb");
    for (const act of [
      () => readMetaGraph(graph),
      () => readGraphDef(meta),
      () => readMetaGraph(saved),
      () => readGraphDef(saved),
      () => readSavedModel(meta),
      () => readSavedModel(graph),
    ]) {
      const error = errorOf(act);
      expect(error.code).toBe("FORMAT_INVALID");
      expect(error.where?.offset).toBeTypeOf("number");
      expect(error.hint).toBeDefined();
    }
  });

  test("a .meta that is cut off names the byte, the message and what is missing", () => {
    const whole = readFileSync(at("graphs", "meta", "model.ckpt.meta"));
    const path = write("cut.meta", whole.subarray(0, 3000));
    const error = errorOf(() => readMetaGraph(path));
    expect(error.message).toMatch(
      /cut\.meta at byte \d+: MetaGraphDef, field \d: a \w+ of \d+ bytes where \d+ are left/,
    );
    expect(error.where?.file).toBe(path);
    expect(error.where?.offset).toBeLessThanOrEqual(3000);
  });

  test("an empty file, a directory, a file that is not there, a SavedModel in text form", () => {
    expect(errorOf(() => readMetaGraph(write("empty.meta", Buffer.alloc(0)))).message).toContain("is empty");
    expect(errorOf(() => readMetaGraph(directory)).message).toContain("is not a file");
    expect(errorOf(() => readGraphDef(at("none.pb")))).toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(errorOf(() => readSavedModel(at("graphs"))).code).toBe("FILE_NOT_FOUND");
    write("saved_model.pbtxt", Buffer.from("x"));
    expect(errorOf(() => readSavedModel(directory))).toMatchObject({ code: "FORMAT_UNSUPPORTED" });
  });

  test("a file over 2 GiB is refused by its size, without being read", () => {
    const path = write("huge.pb", Buffer.alloc(1));
    truncateSync(path, 2 ** 31);
    expect(errorOf(() => readGraphDef(path)).message).toContain("has 2147483648 bytes");
    rmSync(path);
  });

  test("text that is not UTF-8, a node without a name, a group, a wrong wire type", () => {
    const node = (bytes: number[]) => () =>
      decodeGraphDef(Uint8Array.from([0x0a, bytes.length, ...bytes]), { file: "x", offset: 10 });
    const named = [0x0a, 1, 97, 0x12, 1, 98];
    expect(node(named)().node[0]).toMatchObject({ name: "a", op: "b" });
    expect(errorOf(node([0x0a, 1, 0xff, 0x12, 1, 98])).message).toContain("text that is not UTF-8");
    expect(errorOf(node([0x12, 1, 98])).message).toContain("a node without a name");
    expect(errorOf(node([0x0a, 1, 97])).message).toContain("node a has no op");
    expect(errorOf(node([...named, 0x3b, 0x3c])).message).toContain("a protobuf group");
    expect(errorOf(node([...named, 0x08, 1])).message).toContain("a varint where a length-delimited value belongs");
    expect(errorOf(node([...named, 0x08, 1])).where).toEqual({ file: "x", offset: 19 });
  });
});
