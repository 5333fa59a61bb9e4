import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveConfig } from "../../src/config/resolve.js";
import type { CheckOverrides } from "../../src/config/resolved.js";
import type { FileConfig } from "../../src/config/schema.js";

const MODELS = { reference: "models/124M/model.ckpt", candidate: "port.py:build" };

describe("the configuration of a run", () => {
  let cwd: string;
  let folder: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "parity-resolve-"));
    folder = join(cwd, "gpt2");
    mkdirSync(join(folder, "models/124M"), { recursive: true });
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));
  const resolve = (config: FileConfig | null, overrides: CheckOverrides = {}) =>
    resolveConfig(config && { path: join(folder, "parity.config.ts"), directory: folder, config }, overrides, cwd);

  it("fills in every default", () => {
    expect(resolve(MODELS)).toEqual({
      name: "gpt2",
      configPath: join(folder, "parity.config.ts"),
      reference: {
        model: join(folder, "models/124M/model.ckpt"),
        outputs: null,
        inputs: null,
        signature: null,
        verifyChecksums: false,
        weights: null,
        kwargs: {},
        python: null,
        env: {},
      },
      candidate: { model: join(folder, "port.py:build"), weights: null, kwargs: {}, python: null, env: {} },
      inputs: { texts: [], vocabulary: null, files: [], values: [], generate: true },
      map: {},
      tolerance: { default: "auto", globs: [], perDType: {} },
      precision: "float32",
      gate: { levels: [], waivers: [], baseline: null, coverage: null },
      report: ["json", "html"],
      out: join(cwd, "reports/gpt2"),
      timeout: 600,
      seed: 0,
      threads: 0,
      floors: "needed",
      selfNoise: "auto",
    });
  });

  it("takes the original's interpreter and weights from the command line before the file, each from its own folder", () => {
    const reference = { model: "net.keras", python: "tf/bin/python", weights: "a.weights.h5", env: { A: "1" } };
    const config = { reference, candidate: "port.py:build" };
    expect(resolve(config).reference).toMatchObject({
      python: join(folder, "tf/bin/python"),
      weights: join(folder, "a.weights.h5"),
      env: { A: "1" },
    });
    const typed = { referencePython: "python3.11", referenceWeights: "b.weights.h5", python: "torch/bin/python" };
    const { reference: given, candidate } = resolve(config, typed);
    expect(given).toMatchObject({ python: "python3.11", weights: join(cwd, "b.weights.h5") });
    expect(candidate.python).toBe(join(cwd, "torch/bin/python"));
  });

  it("is named after a Keras file, which is one of many in its folder", () => {
    expect(resolve(null, { reference: "models/net.keras", candidate: "port.py:build" }).name).toBe("net");
  });

  it("of the gate keeps a baseline beside the configuration, and takes all defaults of coverage from an empty object", () => {
    const { gate } = resolve({ ...MODELS, baseline: true, coverage: {}, levels: { "h.*": "warn" } });
    expect(gate).toEqual({
      levels: [{ glob: "h.*", level: "warn" }],
      waivers: [],
      baseline: {
        file: join(folder, "golden/gpt2/baseline.json"),
        shown: "gpt2/golden/gpt2/baseline.json",
        factor: 4,
        absoluteFloor: 4 * 2 ** -23,
        update: false,
      },
      coverage: { parameters: 1, taps: 0.5, outputs: "declared", skippedCases: 0 },
    });
    const given = resolve({ ...MODELS, baseline: { file: "errors.json", factor: 2 }, coverage: { taps: 0.9 } }).gate;
    expect(given.baseline).toMatchObject({ file: join(folder, "errors.json"), factor: 2 });
    expect(given.coverage).toMatchObject({ parameters: 1, taps: 0.9 });
  });

  it("of the gate has a baseline to write where the command line asks for one, whatever the file says", () => {
    expect(resolve(MODELS, { updateBaseline: true }).gate.baseline).toMatchObject({ update: true });
    expect(resolve({ ...MODELS, baseline: false }).gate.baseline).toBeNull();
  });

  it("needs no file when the command line names both models", () => {
    const resolved = resolve(null, { reference: "gpt2/models/124M/model.ckpt", candidate: "port.py:build" });
    expect(resolved).toMatchObject({ name: "124M", configPath: null, out: join(cwd, "reports/124M") });
    expect(resolved.candidate.model).toBe(join(cwd, "port.py:build"));
  });

  it("says which model is missing", () => {
    expect(() => resolve(null)).toThrow("Nothing says which model is the reference (the original TensorFlow model).");
    expect(() => resolve(null, { reference: "a" })).toThrow(
      "Nothing says which model is the candidate (the converted PyTorch model).",
    );
  });

  it("takes paths of the file from the file's folder and paths of the command line from the working directory", () => {
    writeFileSync(join(folder, "map.json"), '{"a": "b"}');
    writeFileSync(join(cwd, "map.json"), '{"c": "d"}');
    const config: FileConfig = {
      ...MODELS,
      candidate: { model: "port.py:build", weights: "w.pt", python: "./venv/python" },
      map: "map.json",
      out: "out",
    };
    expect(resolve(config)).toMatchObject({
      candidate: { weights: join(folder, "w.pt"), python: join(folder, "venv/python") },
      map: { a: "b" },
      out: join(folder, "out"),
    });
    expect(resolve(config, { weights: "w.pt", python: "../python", map: "map.json", out: "out" })).toMatchObject({
      candidate: { weights: join(cwd, "w.pt"), python: join(cwd, "../python") },
      map: { c: "d" },
      out: join(cwd, "out"),
    });
  });

  it("leaves a bare interpreter name to the PATH", () => {
    expect(resolve({ ...MODELS, candidate: { model: "p.py:b", python: "python3.11" } }).candidate.python).toBe(
      "python3.11",
    );
  });

  it("keeps what belongs to a model when the command line swaps the model only", () => {
    const config: FileConfig = {
      reference: { model: "a.ckpt", outputs: ["logits:0"] },
      candidate: { model: "good.py:build", kwargs: { size: "tiny" }, env: { A: "1" } },
    };
    expect(resolve(config, { candidate: "faulty.py:build", reference: "b.ckpt" })).toMatchObject({
      reference: { model: join(cwd, "b.ckpt"), outputs: ["logits:0"] },
      candidate: { model: join(cwd, "faulty.py:build"), kwargs: { size: "tiny" }, env: { A: "1" } },
    });
  });

  it("lets the command line win over the file in every plain field", () => {
    const config: FileConfig = { ...MODELS, name: "a", timeout: 1, seed: 1, threads: 1, report: ["html"] };
    const overrides: CheckOverrides = { name: "b", timeout: 2, seed: 2, threads: 2, report: [] };
    expect(resolve(config)).toMatchObject({ name: "a", timeout: 1, seed: 1, threads: 1, report: ["html"] });
    expect(resolve(config, overrides)).toMatchObject({ name: "b", timeout: 2, seed: 2, threads: 2, report: [] });
  });

  it("keeps reports inside reports/ whatever the name is", () => {
    for (const name of ["../../etc", "a/b", "..", "gpt 2 ✓"]) {
      expect(join(cwd, "reports", basename(resolve({ ...MODELS, name }).out))).toBe(resolve({ ...MODELS, name }).out);
    }
    expect(resolve({ ...MODELS, name: "a/b" }).out).toBe(join(cwd, "reports/a-b"));
    expect(resolve({ ...MODELS, name: ".." }).out).toBe(join(cwd, "reports/parity"));
  });

  it("finds the vocabulary beside the reference, and asks for it when a text has none", () => {
    const config: FileConfig = { ...MODELS, inputs: { text: "Hello" } };
    expect(() => resolve(config)).toThrow(
      `A text needs a vocabulary, and there is no encoder.json beside the reference in ${join(folder, "models/124M")}.`,
    );
    writeFileSync(join(folder, "models/124M/encoder.json"), "{}");
    expect(resolve(config).inputs).toEqual({
      texts: ["Hello"],
      vocabulary: join(folder, "models/124M"),
      files: [],
      values: [],
      generate: false,
    });
    expect(resolve({ ...config, reference: "models/124M" }).inputs.vocabulary).toBe(join(folder, "models/124M"));
    expect(resolve(config, { vocab: "v" }).inputs.vocabulary).toBe(join(cwd, "v"));
    expect(resolve({ ...config, inputs: { text: "a", vocab: "v" } }).inputs.vocabulary).toBe(join(folder, "v"));
  });

  it("generates cases beside texts and files only on request", () => {
    const generate = (inputs: FileConfig["inputs"]) =>
      resolve({ ...MODELS, ...(inputs ? { inputs } : {}) }).inputs.generate;
    expect([generate({}), generate({ values: { X: 1 } })]).toEqual([true, true]);
    expect([generate({ files: "a.npz" }), generate({ text: "a", vocab: "v" })]).toEqual([false, false]);
    expect([generate({ files: "a.npz", generate: true }), generate({ generate: false })]).toEqual([true, false]);
  });

  it("runs the text that was typed instead of the file's cases, and lays typed values over the file's", () => {
    const config: FileConfig = {
      ...MODELS,
      inputs: { text: "old", files: ["a.npz"], generate: true, vocab: "v", values: { X: "ids.npz", keep_prob: 1 } },
    };
    expect(resolve(config, { texts: ["new"], values: [["X", "ids.npz"]] }).inputs).toEqual({
      texts: ["new"],
      vocabulary: join(folder, "v"),
      files: [],
      values: [
        { name: "X", spec: "ids.npz", directory: cwd },
        { name: "keep_prob", spec: 1, directory: folder },
      ],
      generate: false,
    });
    expect(resolve(config).inputs).toMatchObject({ texts: ["old"], files: [join(folder, "a.npz")], generate: true });
  });

  it("keeps tolerances of all three kinds, and a typed tolerance replaces them all", () => {
    const config: FileConfig = {
      ...MODELS,
      tolerance: "per-dtype",
      tolerances: { "h.*": { atol: 1, rtol: 2 }, "*": "auto" },
      perDType: { float16: { atol: 3, rtol: 4 } },
    };
    expect(resolve(config).tolerance).toEqual({
      default: "auto",
      globs: [
        { glob: "h.*", tolerance: { atol: 1, rtol: 2 } },
        { glob: "*", tolerance: "auto" },
      ],
      perDType: {
        float64: { atol: 1e-7, rtol: 1e-7 },
        float32: { atol: 1e-5, rtol: 1.3e-6 },
        float16: { atol: 3, rtol: 4 },
        bfloat16: { atol: 1e-5, rtol: 1.6e-2 },
      },
    });
    expect(resolve(config, { tolerance: { atol: 5, rtol: 6 } }).tolerance).toEqual({
      default: { atol: 5, rtol: 6 },
      globs: [],
      perDType: {},
    });
  });
});
