import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareTensors } from "../../src/compare/compare-tensors.js";
import type { ParityError } from "../../src/errors.js";
import { openSafetensors } from "../../src/formats/safetensors.js";
import { openRecording } from "../../src/recording/open-recording.js";
import { type DoubleRecording, type Reference, startReference } from "../../src/runners/reference.js";
import { makeNode } from "../../src/tensorflow/constant.js";
import { SINGLE_ONLY_OPS, staysSingle } from "../../src/tensorflow/double/single-ops.js";
import { promoteToDouble } from "../../src/tensorflow/promote.js";
import { writeModels } from "./originals.js";

const models = writeModels("doubles.py");
let scratch = "";
let reference: Reference;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "parity-double-"));
  reference = startReference({ timeoutMs: 100_000, threads: 1 });
});
afterAll(async () => {
  await reference.close();
  rmSync(scratch, { recursive: true, force: true });
});

let folders = 0;
const newFolder = (): string => join(scratch, String(folders++));

async function open(model: string) {
  const original = models.understand(model, ["y:0"]);
  await reference.open(original, newFolder());
  const file = join(models.folder(), model, "inputs.safetensors");
  const cases = [{ id: "c0", inputs: original.inputs.map(({ name }) => ({ name, file, tensor: name })) }];
  return { original, cases };
}

/** Relative L2 errors of what was recorded, in both precisions, against the same model built in double by TensorFlow. */
async function errorsOf(
  model: string,
  tensor = "y:0",
): Promise<{ single: number; double: number; run: DoubleRecording }> {
  const { original, cases } = await open(model);
  const plain = await reference.fetch(original, cases, newFolder(), [tensor]);
  const run = await reference.recordDouble(original, cases, newFolder(), [tensor]);
  const expected = openSafetensors(join(models.folder(), model, "double.safetensors"));
  const truth = expected.tensors.get(tensor.slice(0, -2));
  const errors = [plain.directory, run.directory].map((directory) => {
    const recording = openRecording(directory);
    const given = recording.tensor("c0", tensor);
    if (truth === undefined || given === undefined) throw new Error(`${tensor} was not recorded`);
    expect(given.shape).toEqual(truth.shape);
    const metrics = compareTensors(truth, given);
    expect(metrics.rmsReference).toBeGreaterThan(0);
    expect(metrics.nonFiniteMismatch).toBeNull();
    recording.close();
    return metrics.relativeL2;
  });
  expected.close();
  return { single: errors[0] ?? Number.NaN, double: errors[1] ?? Number.NaN, run };
}

describe("the forward pass in double is that of the same model built in double", () => {
  it.each([
    ["transformer", "tables that are gathered from and multiplied with, attention, gelu"],
    ["lookups", "rows of resource, partitioned and 16-bit tables, whole numbers and choices made of floats"],
    ["convolutions", "batch norms of both layouts in inference and training, local response norm, SAME pooling"],
    ["loops", "fused LSTM and GRU cells in a while loop with TensorArrays and a branch"],
    ["blocks", "LSTMs over a whole sequence in one op, cut short, clipped, with peepholes"],
  ])("%s: %s", async (model) => {
    const { single, double, run } = await errorsOf(model);
    expect(double).toBeLessThan(1e-12);
    // The other precision is that far off: the test would see a layer that was left in float32.
    expect(single).toBeGreaterThan(1e-9);
    expect(run.single).toEqual([]);
    expect(run.touched.size).toBe(0);
  });

  it("a model that computes in 16 bits is computed in double too", async () => {
    const { single, double } = await errorsOf("half");
    expect(single).toBeGreaterThan(1e-5);
    expect(double).toBeLessThan(1e-12);
  });
});

/** Their float32 tensors only keep an order, or are what a model is fed; the last one is for TensorFlow's own tests. */
const APART = /^TensorArray|^Parse|^Decode|^TestAttr$/;

describe("what has no kernel in double", () => {
  it("runs in float32, is named, and so is every tensor that depends on it", async () => {
    const { double, run } = await errorsOf("resized");
    expect(double).toBeLessThan(1e-6);
    expect(double).toBeGreaterThan(1e-12);
    expect(run.single).toEqual(["CropAndResize"]);
    expect([...run.touched]).toEqual(["y:0"]);
  });

  it("does not touch what comes before it", async () => {
    const { double, run } = await errorsOf("resized", "clean:0");
    expect(double).toBeLessThan(1e-12);
    expect(run.touched.size).toBe(0);
  });

  it("is exactly what this program thinks: an op wrongly left out fails in the session, one too many is imprecise", () => {
    const found = JSON.parse(readFileSync(join(models.folder(), "kernels.json"), "utf8")) as string[];
    expect(found.length).toBeGreaterThan(100);
    const forgotten = found.filter((op) => !staysSingle(makeNode("n", op, [])) && !APART.test(op));
    expect(forgotten).toEqual([]);
    expect([...SINGLE_ONLY_OPS].filter((op) => !found.includes(op))).toEqual([]);
  });
});

describe("recording in double", () => {
  it("all taps come out as float64, whole numbers as int32; the session in float32 goes on as before", async () => {
    const { original, cases } = await open("lookups");
    const before = await reference.record(original, cases, newFolder());
    const argmax = [...original.graph.nodes.values()].find((node) => node.op === "ArgMax")?.name ?? "";
    const tensors = [...new Set(original.taps.map((tap) => tap.tensor)), `${argmax}:0`];
    const run = await reference.recordDouble(original, cases, newFolder(), tensors);
    const recording = openRecording(run.directory);
    expect(tensors.map((tensor) => recording.tensor("c0", tensor)?.dtype)).toEqual(
      tensors.map((tensor) => (tensor === `${argmax}:0` ? "int32" : "float64")),
    );
    recording.close();
    const after = await reference.record(original, cases, newFolder());
    const [one, other] = [openRecording(before.directory), openRecording(after.directory)];
    for (const tap of before.taps) {
      const [a, b] = [one.tensor("c0", tap.tensor ?? ""), other.tensor("c0", tap.tensor ?? "")];
      if (a === undefined || b === undefined) throw new Error(`${tap.id} was not recorded`);
      expect(compareTensors(a, b).identical).toBe(true);
    }
    for (const file of [one, other]) file.close();
  });

  it("further tensors may be asked for later", async () => {
    const { original, cases } = await open("resized");
    await reference.recordDouble(original, cases, newFolder(), ["clean:0"]);
    const run = await reference.recordDouble(original, cases, newFolder(), ["y:0"]);
    const recording = openRecording(run.directory);
    expect(recording.tensor("c0", "y:0")?.dtype).toBe("float64");
    recording.close();
  });

  it("a tensor that the graph does not give is refused by its name", async () => {
    const { original, cases } = await open("half");
    const error = await reference.recordDouble(original, cases, newFolder(), ["nowhere:0"]).then(
      () => null,
      (failure: ParityError) => failure,
    );
    expect(error).toMatchObject({ code: "REFERENCE_FAILED", where: { key: "nowhere:0" } });
  });

  it("the graph holds what the tensors need and nothing else", () => {
    const original = models.understand("resized", ["y:0"]);
    const names = promoteToDouble(original, ["clean:0"]).metaGraph.graphDef?.node.map((node) => node.name) ?? [];
    expect(names).toContain("clean");
    expect(names).not.toContain("y");
    expect(names).not.toContain("behind");
  });
});
