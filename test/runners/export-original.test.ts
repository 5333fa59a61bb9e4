import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/formats/tf-checkpoint.js";
import { readMetaGraph } from "../../src/formats/tf-proto/read-files.js";
import { type ExportOptions, exportOriginal } from "../../src/runners/export-original.js";
import { PYTHON } from "../helpers/python.js";
import { processesWith } from "../helpers/run-cli.js";

const CODE = `
import os, time
import tensorflow as tf

def build(width=2):
    w = tf.Variable(tf.ones([3, width]) * float(os.environ.get("SCALE", "1")), name="proj/w")
    spec = [tf.TensorSpec([None, 3], tf.float32, name="x")]
    return tf.function(lambda x: {"y": x @ w}, input_signature=spec)

def hangs():
    time.sleep(600)
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "parity-export-"));
  writeFileSync(join(folder, "original.py"), CODE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (name: string, out: string, options: Partial<ExportOptions> = {}) =>
  exportOriginal({
    source: `${join(folder, "original.py")}:${name}`,
    kwargs: {},
    weights: null,
    out: join(folder, out),
    seed: 0,
    python: PYTHON,
    env: {},
    timeoutMs: 120_000,
    ...options,
  });

describe("an original that Python exports", () => {
  it("is a checkpoint with its graph that parity reads, made with the user's arguments and environment", async () => {
    const told = await run("build", "out", { kwargs: { width: 4 }, env: { SCALE: "2.5" } });
    expect(told).toMatchObject({
      prefix: join(folder, "out/model.ckpt"),
      inputs: [{ name: "x", dtype: "float32", shape: [-1, 3] }],
      outputs: [{ name: "y", tensor: "matmul:0" }],
      versions: { "reference tensorflow": expect.stringMatching(/^2\./) },
    });
    const checkpoint = openCheckpoint(told.prefix);
    const stored = checkpoint.tensors.get("proj/w");
    expect(stored?.shape).toEqual([3, 4]);
    const bytes = new Uint8Array(stored?.byteLength ?? 0);
    stored?.read(bytes, 0);
    expect([...new Float32Array(bytes.buffer)]).toEqual(Array(12).fill(2.5));
    checkpoint.close();
    const graph = readMetaGraph(`${told.prefix}.meta`);
    expect([...(graph.signatureDef.get("serving_default")?.outputs.keys() ?? [])]).toEqual(["y"]);
  }, 120_000);

  it("that takes too long, or is not wanted any more, is stopped and leaves nothing", async () => {
    const stop = new AbortController();
    const stopped = run("hangs", "stopped", { signal: stop.signal, env: { PARITY_TEST: "export-stopped" } });
    setTimeout(() => stop.abort(), 500);
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    await expect(run("hangs", "late", { timeoutMs: 8_000 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining("The reference did not finish"),
    });
    expect(["stopped", "late"].filter((name) => existsSync(join(folder, name)))).toEqual([]);
    expect(await processesWith(`${folder}/original.py:hangs`)).toEqual([]);
  }, 120_000);

  it("in a Python that is not there is a runtime that is missing", async () => {
    await expect(run("build", "none", { python: join(folder, "no-python") })).rejects.toMatchObject({
      code: "RUNTIME_MISSING",
    });
    expect(readdirSync(folder)).not.toContain("none");
  });
});
