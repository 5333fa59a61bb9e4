import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTensorFile } from "../../src/formats/open.js";
import { casesFromFiles } from "../../src/inputs/cases-from-files.js";
import { generateCases } from "../../src/inputs/generate-cases.js";
import { hashInput } from "../../src/inputs/hash-input.js";
import { parseInputSpec } from "../../src/inputs/input-spec.js";
import { findSignature, tensorFromSpec } from "../../src/inputs/value-tensor.js";
import { writeCases } from "../../src/inputs/write-cases.js";
import { runPython } from "../helpers/python.js";
import { IDS, numbersOf, other } from "./signatures.js";

const MASK = other("mask", [null, null]);
const COUNTING = Array.from({ length: 21 }, (_, i) => i);

describe("inputs from files", () => {
  let folder: string;
  let hashes: Record<string, { sha256: string; shape: number[]; hex: string }>;
  const at = (name: string) => join(folder, name);
  const writeJson = (name: string, value: unknown) => {
    writeFileSync(at(name), typeof value === "string" ? value : JSON.stringify(value));
    return at(name);
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "parity-inputs-"));
    hashes = JSON.parse(await runPython("test/fixtures/inputs/input_files.py", [folder]));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(["both.npz", "both.safetensors", "tensor_names.npz", "other_names.npz"])(
    "feeds the arrays of %s to the right inputs, int64 ids as the graph's int32",
    (name) => {
      const [one, second] = casesFromFiles([at(name)], [IDS, MASK]);
      expect(second).toBeUndefined();
      expect(one?.inputs.map((tensor) => [tensor.name, tensor.dtype, tensor.shape])).toEqual([
        ["X", "int32", [3, 7]],
        ["mask", "float32", [3, 7]],
      ]);
      expect(numbersOf(one?.inputs[0])).toEqual(COUNTING);
      expect(numbersOf(one?.inputs[1])).toEqual(COUNTING.map((i) => (i % 7 < 5 ? 1 : 0)));
    },
  );

  it.each(["ids.npy", "fortran.npy", "only_ids.npz"])("feeds the only array of %s to the only input", (name) => {
    expect(numbersOf(casesFromFiles([at(name)], [IDS])[0]?.inputs[0])).toEqual(COUNTING);
  });

  it("reads JSON as one case, as several under cases, and as a bare array", () => {
    const single = writeJson("single.json", { X: [[1, 2]] });
    const several = writeJson("several.json", { cases: [{ X: [[3]] }, [[4, 5]]] });
    const bare = writeJson("bare.json", [[6]]);
    const cases = casesFromFiles([single, several, bare], [IDS]);
    expect(cases.map(({ id, label, inputs }) => [id, label, numbersOf(inputs[0])])).toEqual([
      ["c0", "single.json", [1, 2]],
      ["c1", "several.json 0", [3]],
      ["c2", "several.json 1", [4, 5]],
      ["c3", "bare.json", [6]],
    ]);
  });

  it("casts doubles to the graph's float32 when nothing is lost", () => {
    const x = other("x", [null, 2]);
    expect(numbersOf(casesFromFiles([at("exact_doubles.npy")], [x])[0]?.inputs[0])).toEqual([0.5, -2.25]);
    expect(() => casesFromFiles([at("inexact_doubles.npy")], [x])).toThrow(
      "Input x is float64 and the reference takes float32, which cannot hold x[0][1] = 0.1 exactly.",
    );
    expect(() => casesFromFiles([at("too_large.npy")], [{ ...IDS, vocabularySize: null }])).toThrow(
      "which cannot hold X[0][1] = 2147483648 exactly",
    );
  });

  it("switches keep_prob to 1 when a file leaves it out, and takes an input given beside the file", () => {
    const given = tensorFromSpec(parseInputSpec("ones:3x7"), MASK, 0);
    const [one] = casesFromFiles([at("only_ids.npz")], [IDS, MASK, other("keep_prob", null)], [given]);
    expect(one?.inputs.slice(1).map(numbersOf)).toEqual([new Array(21).fill(1), [1]]);
  });

  it("refuses ids outside the embedding table, which TensorFlow and PyTorch treat differently", () => {
    expect(() => casesFromFiles([at("beyond_vocabulary.npy")], [IDS])).toThrow(
      "X[0][1] is 50, which is no row of the embedding table: ids go from 0 to 49.",
    );
  });

  it("says what is missing, what is unknown and what the inputs are", () => {
    expect(() => casesFromFiles([at("only_ids.npz")], [IDS, MASK])).toThrow("has no value for input mask (found: X)");
    expect(() => casesFromFiles([at("stranger.npz")], [IDS, MASK])).toThrow(
      "has extra, which is no input of the reference. Its inputs: X int32 [?, ?], mask float32 [?, ?].",
    );
    expect(() => casesFromFiles([at("tensor_names.npz")], [IDS])).toThrow("MASK:0, which is no input of the reference");
    const twice = writeJson("twice.json", { X: [[1]], "X:0": [[1]] });
    expect(() => casesFromFiles([twice], [IDS])).toThrow("has two values for input X");
  });

  it("says that a forgotten batch dimension is the reason for a wrong shape", () => {
    expect(() => casesFromFiles([at("flat.npy")], [IDS])).toThrow(
      expect.objectContaining({
        message: "Input X has shape [7]; the reference takes [?, ?].",
        hint: expect.stringContaining("The batch dimension seems to be missing"),
      }),
    );
    expect(() => casesFromFiles([at("ids.npy")], [{ ...IDS, shape: [null, 8] }])).toThrow(
      "Input X has shape [3, 7]; the reference takes [?, 8].",
    );
  });

  it("refuses files that hold no inputs, with a reason", () => {
    expect(() => casesFromFiles([at("absent.npz")], [IDS])).toThrow(`There is no input file ${at("absent.npz")}.`);
    expect(() => casesFromFiles([writeJson("broken.json", '{"X": [[1,')], [IDS])).toThrow("cannot be read as JSON");
    expect(() => casesFromFiles([writeJson("empty.json", {})], [IDS])).toThrow("holds a case without inputs");
    expect(() => casesFromFiles([writeJson("none.json", { cases: [] })], [IDS])).toThrow(
      "must be a list with at least one case",
    );
    expect(() => casesFromFiles([writeJson("stray.json", { cases: [[[1]]], X: [[1]] })], [IDS])).toThrow(
      'has "X" beside "cases"',
    );
    expect(() => casesFromFiles([writeJson("ragged.json", { X: [[1, 2], [3]] })], [IDS])).toThrow("Ragged array: X[1]");
  });

  it("takes one input from a file by key, by its own name, or because it is the only one", () => {
    const from = (spec: string) => numbersOf(tensorFromSpec(parseInputSpec(spec, folder), IDS, 0));
    expect(from("other_names.npz#first")).toEqual(COUNTING);
    expect(from("both.npz")).toEqual(COUNTING);
    expect(from("ids.npy")).toEqual(COUNTING);
    expect(() => from("other_names.npz")).toThrow("has no tensor X; it holds first, second.");
    expect(() => from("both.npz#nothing")).toThrow("has no tensor nothing; it holds X, mask.");
    expect(() => from(writeJson("two.json", { cases: [[[1]], [[2]]] }))).toThrow("holds several cases");
  });

  it("makes a single input as asked, the same for the same seed", () => {
    const make = (spec: string, seed = 0) => tensorFromSpec(parseInputSpec(spec), IDS, seed);
    expect(make("ids:3x7")).toEqual(make("ids:3x7"));
    expect(make("ids:3x7")).not.toEqual(make("ids:3x7", 1));
    expect(numbersOf(make("ones:1x2"))).toEqual([1, 1]);
    expect(numbersOf(make("[[1,2]]"))).toEqual([1, 2]);
    expect(() => make("normal:1x2")).toThrow("Input X [?, ?] cannot be filled with normal draws, for it is int32.");
    expect(() => make("ids:3")).toThrow("Input X has shape [3]; the reference takes [?, ?].");
    expect(() => tensorFromSpec(parseInputSpec("ids:1x2"), other("n", [1, 2], "int32"), 0)).toThrow(
      "the size of its vocabulary is unknown",
    );
    expect(numbersOf(tensorFromSpec(parseInputSpec("normal:1x2"), other("x", [1, 2]), 0))).toHaveLength(2);
  });

  it("finds an input with or without :0 and lists the inputs when there is none", () => {
    expect(findSignature("X:0", [IDS])).toBe(IDS);
    expect(() => findSignature("Y", [IDS, MASK])).toThrow(
      "The reference has no input Y. Its inputs: X int32 [?, ?], mask float32 [?, ?].",
    );
  });

  it("hashes an input as hashlib hashes dtype, shape and little-endian bytes", () => {
    for (const [dtype, { sha256, shape, hex }] of Object.entries(hashes)) {
      const data = new Uint8Array(Buffer.from(hex, "hex"));
      expect(hashInput({ dtype: dtype as "int32", shape, data }), dtype).toBe(sha256);
    }
    expect(Object.keys(hashes)).toHaveLength(6);
  });

  it("hashes other shapes and dtypes of the same bytes differently", () => {
    const data = new Uint8Array(8);
    const all = [hashInput({ dtype: "int32", shape: [2], data }), hashInput({ dtype: "int32", shape: [2, 1], data })];
    all.push(hashInput({ dtype: "float32", shape: [2], data }), hashInput({ dtype: "int32", shape: [1, 2], data }));
    expect(new Set(all).size).toBe(4);
  });

  it("writes cases that the safetensors package reads and that come back as the same inputs", async () => {
    const signatures = [IDS, MASK, other("training", [], "bool")];
    const cases = generateCases(signatures, { seed: 5 });
    writeCases(cases, at("cases.safetensors"));
    const seen = JSON.parse(await runPython("test/fixtures/inputs/read_cases.py", [at("cases.safetensors")]));
    expect(Object.keys(seen).sort()).toEqual(
      cases.flatMap(({ id, inputs }) => inputs.map(({ name }) => `${id}/${name}`)).sort(),
    );
    expect(seen["c1/X"]).toMatchObject({ dtype: "int32", shape: [3, 7] });
    expect(seen["c1/X"].values.flat()).toEqual(numbersOf(cases[1]?.inputs[0]));
    const file = openTensorFile(at("cases.safetensors"));
    expect(JSON.parse(file.metadata.cases ?? "{}")).toMatchObject({ c1: "batch 3, length 7" });
    file.close();
    expect(casesFromFiles([at("cases.safetensors")], signatures).map((one) => one.inputs)).toEqual(
      cases.map((one) => one.inputs),
    );
  });
});
