import { describe, expect, it } from "vitest";
import { defineConfig } from "../../src/config/define.js";
import type { ParityConfig } from "../../src/config/types.js";
import { validateConfig } from "../../src/config/validate.js";
import { ParityError } from "../../src/errors.js";

const MODELS = { reference: "model.ckpt", candidate: "port.py:build" };

function problemOf(extra: Record<string, unknown>): ParityError {
  try {
    validateConfig({ ...MODELS, ...extra }, "parity.config.ts");
  } catch (error) {
    if (error instanceof ParityError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

describe("what a configuration may say", () => {
  it("accepts every field of the documented type", () => {
    const full: ParityConfig = {
      name: "gpt2",
      reference: { model: "model.ckpt", outputs: ["logits:0"], inputs: ["X"], verifyChecksums: true },
      candidate: {
        model: "port.py:build",
        weights: "w.pt",
        kwargs: { size: [1, { a: null }] },
        python: "python3",
        env: { A: "1" },
      },
      inputs: {
        text: ["a", "b"],
        vocab: "v",
        generate: true,
        files: "x.npz",
        values: { X: [[1, 2]], y: "ids:1x2", z: 1, b: true },
      },
      map: { "model/h0": "h.0" },
      tolerance: { atol: 0, rtol: 1e-4 },
      tolerances: { "h.*": "auto", "ln_*": { atol: 1e-5, rtol: 0 } },
      perDType: { float16: { atol: 1e-3, rtol: 1e-3 } },
      precision: "float32",
      report: ["json"],
      out: "reports/x",
      timeout: 0.5,
      seed: 0,
      threads: 2,
    };
    expect(validateConfig(full, "x")).toEqual(full);
    expect(defineConfig(full)).toBe(full);
    for (const tolerance of ["auto", "per-dtype"] as const)
      expect(validateConfig({ ...MODELS, tolerance }, "x").tolerance).toBe(tolerance);
  });

  it.each([
    [{ tolerence: "auto" }, '"tolerence" is not a known key.', 'Did you mean "tolerance"?'],
    [{ inputs: { txt: "a" } }, '"inputs.txt" is not a known key.', 'Did you mean "inputs.text"?'],
    [
      { candidate: { model: "a", weight: "w" } },
      '"candidate.weight" is not a known key.',
      'Did you mean "candidate.weights"?',
    ],
    [
      { reference: { model: "a", ouputs: ["b"] } },
      '"reference.ouputs" is not a known key.',
      'Did you mean "reference.outputs"?',
    ],
    [{ vocab: "v" }, '"vocab" is not a known key.', 'It belongs under "inputs": inputs.vocab.'],
    [{ inputs: { seed: 1 } }, '"inputs.seed" is not a known key.', "It belongs at the top level: seed."],
    [
      { tolerance: { atol: 1, rtol: 1, extra: 1 } },
      '"tolerance.extra" is not a known key.',
      "Known keys here: atol, rtol.",
    ],
    [{ waivers: [{ ownr: "me" }] }, '"waivers.0.ownr" is not a known key.', 'Did you mean "waivers.0.owner"?'],
    [{ coverage: { params: 1 } }, '"coverage.params" is not a known key.', "Known keys here: parameters"],
    [{ perDType: { flaot16: {} } }, '"perDType.flaot16" is not a known key.', 'Did you mean "perDType.float16"?'],
    [
      { tolerances: { "h.*": { atoll: 1, atol: 1, rtol: 1 } } },
      '"tolerances.h.*.atoll" is not a known key.',
      'Did you mean "tolerances.h.*.atol"?',
    ],
    [{ xyzzy: 1 }, '"xyzzy" is not a known key.', "Known keys here: name, reference, candidate,"],
  ])("suggests the key that %j means", (extra, message, hint) => {
    const error = problemOf(extra);
    expect(error.message).toBe(`parity.config.ts: ${message}`);
    expect(error.hint).toContain(hint);
  });

  it.each([
    [{ tolerance: { atol: 1e-5 } }, '"tolerance" has atol but no rtol: give both or neither.'],
    [{ tolerance: { rtol: 1e-5 } }, '"tolerance" has rtol but no atol: give both or neither.'],
    [{ tolerances: { "h.*": { atol: 1 } } }, '"tolerances.h.*" has atol but no rtol: give both or neither.'],
    [{ perDType: { float16: { rtol: 1 } } }, '"perDType.float16" has rtol but no atol: give both or neither.'],
  ])("demands both halves of the tolerance %j", (extra, message) => {
    expect(problemOf(extra)).toMatchObject({
      message: `parity.config.ts: ${message}`,
      hint: expect.stringContaining("atol: 1e-5, rtol: 1e-4"),
    });
  });

  it.each([
    [{ precision: "float64" }, 'precision "float64" is not supported yet.', "both"],
    [{ precision: 32 }, '"precision" must be "float32" or "both", found 32.', 'precision: "both"'],
    [
      { reference: 3 },
      '"reference" must be the path of a TensorFlow checkpoint, or an object with model, found 3.',
      "models/124M/model.ckpt",
    ],
    [
      { reference: {} },
      '"reference.model" must be the path of a TensorFlow checkpoint, found nothing.',
      'model: "models',
    ],
    [
      { candidate: "" },
      '"candidate" must be a Python file and function, or an object with model, found "".',
      "port.py:build",
    ],
    [
      { candidate: { model: "a", env: { A: 1 } } },
      '"candidate.env.A" does not fit: "candidate.env" takes an object of texts, found 1.',
      "env: {",
    ],
    [
      { tolerance: "tight" },
      '"tolerance" must be "auto", "per-dtype" or both atol and rtol, found "tight".',
      "atol: 1e-5",
    ],
    [
      { tolerance: { atol: -1, rtol: 1 } },
      '"tolerance.atol" does not fit: "tolerance" takes "auto", "per-dtype" or both atol and rtol, found -1.',
      "atol",
    ],
    [{ tolerances: { "h.*": "x" } }, '"tolerances.h.*" must be "auto" or both atol and rtol, found "x".', '"h.*"'],
    [{ timeout: 0 }, '"timeout" must be a positive number of seconds, found 0.', "timeout: 600"],
    [{ timeout: "60" }, '"timeout" must be a positive number of seconds, found "60".', "timeout: 600"],
    [{ seed: -1 }, '"seed" must be a whole number, 0 or more, found -1.', "seed: 0"],
    [{ threads: 1.5 }, '"threads" must be a whole number, 0 or more, found 1.5.', "threads: 2"],
    [
      { report: ["pdf"] },
      '"report.0" does not fit: "report" takes a list of "json", "html", "junit", "sarif", "github", "markdown", found "pdf".',
      "report: [",
    ],
    [{ levels: { "h.*": "warning" } }, '"levels.h.*" must be "off", "warn" or "error", found "warning".', "warn"],
    [
      { waivers: [{ tap: "h.0", reason: "r", owner: "o", expires: "2027-02-30" }] },
      '"waivers.0.expires" must be a day of the calendar as YYYY-MM-DD, found "2027-02-30".',
      "2027-01-31",
    ],
    [
      { waivers: [{ reason: "r", owner: "o", expires: "2027-01-31" }] },
      '"waivers.0" must be one of tap, cause and parameter at least, with reason, owner and expires, found {"reason":"r","owner":"o","expires":"2027-01-31"}.',
      "tap:",
    ],
    [
      { waivers: [{ tap: "h.0", reason: "r", expires: "2027-01-31" }] },
      '"waivers.0.owner" must be a text that says who answers for it, found nothing.',
      "owner:",
    ],
    [{ baseline: { factor: 0.5 } }, '"baseline.factor" must be a number, 1 or more, found 0.5.', "factor: 4"],
    [{ coverage: { taps: 90 } }, '"coverage.taps" must be a share from 0 to 1, found 90.', "taps: 0.8"],
    [
      { report: "json" },
      '"report" must be a list of "json", "html", "junit", "sarif", "github", "markdown", found "json".',
      "report: [",
    ],
    [{ inputs: "Hello" }, '"inputs" must be an object, found "Hello".', "inputs: { text"],
    [{ inputs: { text: [] } }, '"inputs.text" must be a text or a list of texts, found [].', "text: ["],
    [
      { inputs: { values: { X: { a: 1 } } } },
      '"inputs.values.X" does not fit: "inputs.values" takes an object of input name → value, found {"a":1}.',
      "values: {",
    ],
    [
      { map: { a: 1 } },
      '"map.a" does not fit: "map" takes the path of a file, or an object of reference name → candidate name, found 1.',
      "map: {",
    ],
    [{ name: () => 1 }, '"name" must be a text, found a function.', "name:"],
  ])("says what was expected instead of %j, with an example", (extra, message, example) => {
    const error = problemOf(extra);
    expect(error.message).toBe(`parity.config.ts: ${message}`);
    expect(error.hint).toContain(example);
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.where?.file).toBe("parity.config.ts");
  });

  it("lists every other problem too, so that nobody mends them one run at a time", () => {
    const error = problemOf({ timeout: -1, sed: 1, seed: "x" });
    expect(error.where?.key).toBe("timeout");
    expect(error.detail).toContain('"seed" must be a whole number');
    expect(error.detail).toContain('"sed" is not a known key. Did you mean "seed"?');
  });
});
