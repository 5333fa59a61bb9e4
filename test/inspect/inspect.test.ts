import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inspectModel } from "../../src/inspect/inspect.js";
import { makeFolder } from "../formats/expected-tensors.js";
import { ROOT, runPython } from "../helpers/python.js";
import { runCli } from "../helpers/run-cli.js";

const folder = makeFolder();
const TINY = "examples/gpt2/models/tiny";

beforeAll(async () => {
  await runPython("test/fixtures/formats/make_trained.py", [folder.path]);
  await runPython("test/fixtures/formats/make_objects.py", [folder.path]);
}, 120_000);
afterAll(() => folder.remove());

describe("inspectModel", () => {
  it("counts the parameters of a TF1 checkpoint as its hyper-parameters say, and reads its graph", async () => {
    const { amounts, graph, settings, vocabulary } = await inspectModel(`${ROOT}${TINY}`);
    const [width, layers, rows, context] = [64, 4, 512, 64];
    const block = 2 * 2 * width + (width + 1) * 3 * width + (width + 1) * width + (width + 1) * 4 * width;
    const whole = layers * (block + (4 * width + 1) * width) + 2 * width + (rows + context) * width;
    expect(amounts.parameter).toEqual({ tensors: 12 * layers + 4, elements: whole, bytes: 4 * whole });
    expect(graph?.signatures).toEqual([
      {
        name: "",
        inputs: [{ name: "X", dtype: "int32", shape: [null, null] }],
        outputs: [{ name: "model/logits", dtype: "float32", shape: [null, null, rows] }],
      },
    ]);
    expect(graph?.ops.find((one) => one.op === "MatMul")?.count).toBe(4 * layers + 1);
    expect(settings[0]?.values).toMatchObject({ n_layer: layers, n_embd: width });
    expect(vocabulary.map((one) => one.entries)).toEqual([rows, 255]);
  });

  it("sets what training left apart, counts tied weights once, and reads what lies beside", async () => {
    const inspection = await inspectModel(join(folder.path, "trained.pt"));
    const { amounts, tied, settings, vocabulary } = inspection;
    expect(amounts.parameter.elements).toBe(10 * 4 + 3 * (4 * 4 + 4 + 4 + 4));
    expect(amounts.statistic.elements).toBe(3 * 2 * 4);
    expect(amounts.slot.elements).toBe(2 * amounts.parameter.elements);
    expect(amounts.bookkeeping.tensors).toBe(3 + 13);
    expect(tied).toEqual([["model.embed.weight", "model.head.weight"]]);
    expect(settings.map((one) => one.values)).toEqual([{ width: 4, nested: { a: 1 } }]);
    expect(vocabulary.map((one) => one.entries)).toEqual([3]);
  });

  it("names the variables of an object-based checkpoint as people know them", async () => {
    const objects = await inspectModel(join(folder.path, "objects"));
    const of = (kind: string) => objects.variables.filter((one) => one.kind === kind).map((one) => one.name);
    expect(of("parameter")).toEqual(expect.arrayContaining(["model/blocks/1/kernel", "model/größe"]));
    expect(objects.amounts.parameter.elements).toBe(3 * (16 + 4) + 2 + 2);
    const trained = await inspectModel(join(folder.path, "trained-1"));
    expect(trained.amounts.parameter.elements).toBe(3 * 2 + 2);
    expect(trained.amounts.slot.elements).toBe(2 * (3 * 2 + 2));
  });
});

describe("parity inspect", () => {
  it("shows scopes with repeated blocks folded, the graph, and what lies beside", async () => {
    const { exitCode, stdout } = await runCli(["inspect", TINY]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${TINY} · TensorFlow checkpoint · 236,928 parameters in 52 tensors · float32 · 948 kB`);
    expect(stdout).toMatch(/h0 … h3 {2}×4 +49,984 each/);
    expect(stdout).toMatch(/output +model\/logits {2}float32 \?×\?×512/);
    expect(stdout).not.toContain("\u001b[");
  });

  it("gives all of it as JSON", async () => {
    const { stdout } = await runCli(["inspect", `${TINY}/model.safetensors`, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, format: "safetensors", graph: null });
  });

  it("says what is wrong with a file that is none of these, with exit code 2", async () => {
    writeFileSync(join(folder.path, "nothing.h5"), "no HDF5 at all");
    const { exitCode, stderr } = await runCli(["inspect", join(folder.path, "nothing.h5")]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("is not a file of tensors that parity knows")]);
  });
});
