import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { CheckResult } from "../../src/report/types.js";
import { PYTHON, ROOT, runPython } from "../helpers/python.js";
import { runCli } from "../helpers/run-cli.js";

const FIXTURES = join(ROOT, "test/fixtures/originals");
const PORT = join(FIXTURES, "port.py");
const CODE = join(FIXTURES, "original.py");
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-originals-"));
  await runPython("test/fixtures/originals/make.py", [folder]);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function checkOriginal(
  reference: string | { model: string; weights?: string },
  port: string,
  fault = "",
): Promise<CheckResult> {
  return check({
    name: "original",
    reference,
    candidate: { model: `${PORT}:${port}`, kwargs: { fault }, env: { ORIGINALS: folder } },
    report: [],
  });
}

const keras = (name: string): string => join(folder, `${name}.keras`);
const paired = (result: CheckResult): Record<string, string> =>
  Object.fromEntries(result.pairs.map((pair) => [pair.id, pair.reference.name]));

describe("a Keras convolutional net with its channels last, and a port with its channels first", () => {
  it("with three faults: each is found where it is, through the ones before it", async () => {
    // As code with weights of their own, which is another way to the same model.
    const reference = { model: `${CODE}:pictures`, weights: join(folder, "pictures.weights.h5") };
    const result = await checkOriginal(reference, "pictures", "kernel epsilon flatten");
    expect(result.verdict).toBe("mismatch");
    expect(result.findings.map(({ cause, status, pair }) => [cause, status, pair]).sort()).toEqual([
      ["flatten-order", "confirmed", "hidden"],
      ["norm-epsilon", "confirmed", "norm"],
      ["permuted-kernel", "confirmed", "stem"],
    ]);
  });
});

describe("a Keras model with loops and attention", () => {
  it("is parity with nn.LSTM, nn.GRU and nn.MultiheadAttention; its ids are those of the table", async () => {
    const result = await checkOriginal(keras("sequences"), "sequences");
    expect(result).toMatchObject({ verdict: "parity", exitCode: 0 });
    expect(paired(result)).toMatchObject({ embed: "net/embed", "lstm[0]": "net/lstm", "gru[0]": "net/gru" });
    // Drawn over the whole vocabulary, in several shapes, as for any table of ids.
    expect(result.cases.length).toBeGreaterThan(2);
  });

  it("with gates in another order and an un-transposed projection: both are found", async () => {
    const result = await checkOriginal(keras("sequences"), "sequences", "gates output");
    expect(result.findings.map(({ cause, status, pair }) => [cause, status, pair])).toEqual([
      ["gate-order", "confirmed", "lstm[0]"],
      ["transposed-weight", "confirmed", "attention"],
    ]);
  });
});

describe("code as the original", () => {
  it("a tf.Module's layers are known by its attributes: an un-transposed weight of one is found", async () => {
    const result = await checkOriginal(`${CODE}:module`, "tower", "transposed");
    expect(paired(result)).toMatchObject({ head: "head" });
    expect(result.findings).toMatchObject([{ cause: "transposed-weight", status: "confirmed", pair: "blocks.1" }]);
    expect(result.weights.map((weight) => weight.reference)).toContain("blocks/1/w");
  });

  it("a graph of TensorFlow 1 is parity", async () => {
    const result = await checkOriginal(`${CODE}:graph`, "tower");
    expect(result).toMatchObject({ verdict: "parity", exitCode: 0 });
    expect(result.weights.map((weight) => weight.reference)).toContain("blocks_1/w");
  });
});

describe("two environments", () => {
  /** An interpreter of its own, in which one of the two frameworks cannot be imported. */
  function interpreter(name: string, missing: string): string {
    const hidden = mkdtempSync(join(folder, `${name}-`));
    writeFileSync(join(hidden, `${missing}.py`), `raise ModuleNotFoundError("hidden", name="${missing}")\n`);
    const script = join(folder, name);
    writeFileSync(script, `#!/bin/sh\nPYTHONPATH="${hidden}:$PYTHONPATH" exec "${PYTHON}" "$@"\n`);
    chmodSync(script, 0o755);
    return script;
  }

  it("serve a side each: neither needs the other's framework", async () => {
    const [reference, candidate] = [interpreter("with-tensorflow", "torch"), interpreter("with-torch", "tensorflow")];
    const args = ["check", "--reference", keras("pictures"), "--candidate", `${PORT}:pictures`, "--report", "none"];
    const env = { ORIGINALS: folder };
    const both = ["--reference-python", reference, "--candidate-python", candidate];
    const right = await runCli([...args, ...both, "--json"], { env });
    expect(right.exitCode).toBe(0);
    const result = JSON.parse(right.stdout) as CheckResult;
    expect(result).toMatchObject({ verdict: "parity", name: "pictures" });
    // No map: the pairs have the names of layers.
    expect(paired(result)).toMatchObject({
      stem: "net/stem/BiasAdd",
      norm: "net/norm",
      depthwise: "net/depthwise",
      hidden: "net/hidden/BiasAdd",
      head: "net/head",
    });
    const held = result.weights.filter((weight) => weight.reference !== null);
    expect(held.map((weight) => weight.verdict)).toEqual(Array(12).fill("equal"));
    expect(result.weights.map((weight) => weight.reference)).toContain("stem/kernel");
    expect(result.runtimes).toMatchObject({ "reference tensorflow": expect.stringMatching(/^2\./) });
    // The report names the file, not where it was exported to.
    expect(right.stdout).not.toContain("exported");
    const wrong = await runCli([...args, "--reference-python", candidate], { env });
    expect(wrong).toMatchObject({ exitCode: 2 });
    expect(`${wrong.stdout}${wrong.stderr}`).toContain("has no TensorFlow");
  });
});

describe("a golden of a Keras model", () => {
  it("stands for it, and is stale when the file changes", async () => {
    const golden = join(folder, "golden");
    const model = join(folder, "recorded.keras");
    copyFileSync(keras("pictures"), model);
    expect(await runCli(["record", "--reference", model, "--out", golden])).toMatchObject({ exitCode: 0 });
    const manifest = JSON.parse(readFileSync(join(golden, "golden.json"), "utf8"));
    expect(manifest.reference.files.map((file: { name: string }) => file.name)).toEqual(["recorded.keras"]);
    const env = { ORIGINALS: folder };
    const args = ["check", "--reference", golden, "--candidate", `${PORT}:pictures`, "--report", "none"];
    expect(await runCli(args, { env })).toMatchObject({ exitCode: 0 });
    expect(await runCli(["golden", "verify", golden])).toMatchObject({ exitCode: 0 });
    copyFileSync(keras("sequences"), model);
    const stale = await runCli(args, { env });
    expect(stale.exitCode).toBe(2);
    expect(`${stale.stdout}${stale.stderr}`).toContain("recorded from another checkpoint: recorded.keras");
  });
});
