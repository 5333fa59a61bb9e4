import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import { weighLedger } from "../../src/check/ledger/weigh-ledger.js";
import { unpackPublished } from "../helpers/published.js";

const cwd = mkdtempSync(join(tmpdir(), "parity-published-"));
let models = "";
beforeAll(async () => {
  models = join(await unpackPublished("basic-pitch==0.4.0"), "basic_pitch/saved_models/icassp_2022");
}, 300_000);
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/** Saved by TensorFlow 2.4 and no longer loaded by Python's TensorFlow of today; converted by tf2onnx, norms folded. */
describe("basic-pitch 0.4.0: its SavedModel against its own ONNX file, as they were published", () => {
  it("is parity without a map: layers, folded norms, constant kernels, and outputs in whatever order", async () => {
    const result = await check(
      {
        name: "basic-pitch",
        reference: join(models, "nmp"),
        candidate: join(models, "nmp.onnx"),
        inputs: { values: { input_2: "normal:1x43844x1" } },
      },
      { cwd },
    );
    expect(result.verdict).toBe("parity");
    expect(result.findings).toEqual([]);
    expect(result.unmatched.reference.filter((one) => one.isOutput)).toEqual([]);
    const outputs = new Map(result.pairs.filter((pair) => pair.isOutput).map((pair) => [pair.id, pair.reference.name]));
    expect(outputs.get("(output)[StatefulPartitionedCall:0]")).toContain("contour");
    expect(outputs.get("(output)[StatefulPartitionedCall:2]")).toContain("onset");
    expect(outputs.size).toBe(3);
    // The one-dimensional convolutions of its constant-Q transform have no variables; they are compared all the same.
    expect(
      result.pairs.filter((pair) => /conv1d/.test(pair.id) && pair.verdict !== "not-compared").length,
    ).toBeGreaterThan(10);
    const folded = result.weights.filter((one) => one.parts !== undefined);
    expect(folded.map((one) => [one.candidate, one.verdict])).toEqual([
      ["model_1.conv2d_4.weight", "equal"],
      ["model_1.conv2d_4.bias", "equal"],
      ["model_1.conv2d_1.weight", "equal"],
      ["model_1.conv2d_1.bias", "equal"],
    ]);
    expect(result.weights.filter((one) => one.verdict === "differs")).toEqual([]);
    // The weights alone say the same: folded norms, and no parameter that holds something else.
    const ledger = await weighLedger(join(models, "nmp"), join(models, "nmp.onnx"), { allowMissing: true });
    expect([ledger.exitCode, ledger.counts.equal, ledger.counts.differs]).toEqual([0, 12, 0]);
  }, 300_000);
});
