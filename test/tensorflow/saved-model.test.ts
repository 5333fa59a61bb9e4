import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareTensors } from "../../src/compare/compare-tensors.js";
import { openTensorFile } from "../../src/formats/open.js";
import { writeSafetensors } from "../../src/formats/safetensors-write.js";
import { encodeMetaGraph } from "../../src/formats/tf-proto/meta-graph.js";
import { readMetaGraph } from "../../src/formats/tf-proto/read-files.js";
import { readGraphFile } from "../../src/formats/tf-proto/read-graph-file.js";
import { openRecording } from "../../src/recording/open-recording.js";
import { type Reference, startReference } from "../../src/runners/reference.js";
import { storedModel } from "../../src/tensorflow/checkpoint-model.js";
import { openFrozenGraph } from "../../src/tensorflow/frozen-graph.js";
import { openSavedModel, type SavedModelChoice } from "../../src/tensorflow/saved-model.js";
import { openTfjsModel } from "../../src/tensorflow/tfjs-model.js";
import { type Original, understandOriginal } from "../../src/tensorflow/understand-original.js";
import { runPython } from "../helpers/python.js";
import { errorOf } from "./originals.js";

let root = "";
let reference: Reference;
let folders = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "parity-saved-models-"));
  reference = startReference({ timeoutMs: 300_000, threads: 1 });
  await runPython("test/fixtures/saved-models/make_saved_models.py", [root]);
}, 300_000);
afterAll(async () => {
  await reference.close();
  rmSync(root, { recursive: true, force: true });
});

const modelOf = (name: string): string => join(root, name, "model");
const DEFAULT: SavedModelChoice = { signature: null, outputs: null };

function understand(name: string, choice: Partial<SavedModelChoice> = {}): Original {
  const web = join(root, name, "model/model.json");
  if (existsSync(web)) return understandOriginal(openTfjsModel(web), null);
  const file = readdirSync(join(root, name)).find((one) => /^model\.pb/.test(one));
  if (file === undefined) return understandOriginal(openSavedModel(modelOf(name), { ...DEFAULT, ...choice }), null);
  const path = join(root, name, file);
  return understandOriginal(openFrozenGraph(readGraphFile(path), path), null);
}

/** Runs a model on what Python's TensorFlow was fed; per output its largest difference from what Python computed. */
async function runAgainstPython(name: string) {
  const original = understand(name);
  const expected = openTensorFile(join(root, name, "expected.npz"));
  const scratch = join(root, `scratch-${folders++}`);
  await reference.open(original, scratch);
  const fed = [...expected.tensors.values()].filter((tensor) => tensor.name.startsWith("in_"));
  const file = join(scratch, "inputs.safetensors");
  writeSafetensors(
    file,
    fed.map((tensor) => ({ name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, data: tensor })),
  );
  const inputs = original.inputs
    .filter((input) => input.inferenceValue === null)
    .map((input, i) => ({ name: input.name, file, tensor: fed[i]?.name ?? "" }));
  const outputs = original.pass.outputs.map((output) => `${output.node}:${output.slot}`);
  const cases = [{ id: "c0", inputs }];
  const recording = openRecording((await reference.record(original, cases, join(scratch, "run"))).directory);
  const double = await reference.recordDouble(original, cases, join(scratch, "double"), outputs);
  const wide = openRecording(double.directory);
  const differences = [...expected.tensors.values()]
    .filter((tensor) => tensor.name.startsWith("out_"))
    .map((tensor) => {
      // A frozen graph does not say what its outputs are called: there the shapes tell them apart.
      const output = outputs.find((one) =>
        original.outputNames.size > 0
          ? `out_${original.outputNames.get(one)?.[0]}` === tensor.name
          : recording.tensor("c0", one)?.shape.join() === tensor.shape.join(),
      );
      const [own, precise] = [recording.tensor("c0", output ?? ""), wide.tensor("c0", output ?? "")];
      if (own === undefined || precise === undefined) throw new Error(`nothing for ${tensor.name}`);
      return { float32: compareTensors(tensor, own), float64: compareTensors(tensor, precise) };
    });
  expected.close();
  recording.close();
  wide.close();
  original.checkpoint.close();
  return { original, differences, single: double.single };
}

describe("a SavedModel gives in-process what it gives in Python, whoever wrote it", () => {
  it.each([
    ["nested", 2, []],
    ["looping", 1, ["cond"]],
    ["keras-export", 2, []],
    ["keras-saved", 2, []],
    ["recurrent", 1, []],
    ["tf1-saved", 1, ["net/cond"]],
  ])("%s", async (name, outputs, single) => {
    const run = await runAgainstPython(name);
    expect(run.differences).toHaveLength(outputs);
    for (const { float32, float64 } of run.differences) {
      expect(float32.relativeL2).toBeLessThanOrEqual(1e-6);
      expect(float64.relativeL2).toBeLessThanOrEqual(1e-5);
    }
    // What a branch calls stays in float32; a loop does not.
    expect(run.single).toEqual(single);
  });
});

describe("a frozen graph gives what it gives in Python", () => {
  it.each(["tf1-frozen", "tf1-frozen-text", "tf2-frozen"])("%s", async (name) => {
    const { differences } = await runAgainstPython(name);
    for (const { float32 } of differences) expect(float32.relativeL2).toBeLessThanOrEqual(1e-6);
    expect(differences.length).toBeGreaterThan(0);
  });

  it("has its constants as weights under the names that its variables had", () => {
    const keys = (name: string): string[] => understand(name).variables.map((variable) => variable.key);
    expect(keys("tf1-frozen").sort()).toEqual(["net/b", "net/v", "net/w"]);
    expect(keys("tf2-frozen")).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/stem\w*\/kernel$/),
        expect.stringMatching(/stem\w*\/bias$/),
        expect.stringMatching(/deep\w*\/depthwise_kernel$/),
        expect.stringMatching(/scores\w*\/kernel$/),
      ]),
    );
  });
});

describe("a graph model of TensorFlow.js gives what the model gives that it was made from", () => {
  it("out of all its shards, a quantized kernel included", async () => {
    const { original, differences } = await runAgainstPython("browser");
    expect(differences).toHaveLength(2);
    for (const { float32 } of differences) expect(float32.relativeL2).toBeLessThanOrEqual(1e-6);
    expect([...original.outputNames.values()].map(([name]) => name).sort()).toEqual(["gate", "scores"]);
  });

  const changed = (change: (json: Record<string, unknown>, folder: string) => void): string => {
    const folder = join(root, `web-${folders++}`);
    cpSync(join(root, "browser/model"), folder, { recursive: true });
    const file = join(folder, "model.json");
    const json = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    change(json, folder);
    writeFileSync(file, JSON.stringify(json));
    return file;
  };

  it("is refused where a shard is missing or short, leads out of its folder, or there is no graph in it", () => {
    const missing = changed((_, folder) => rmSync(join(folder, "group1-shard2of2.bin")));
    expect(errorOf(() => openTfjsModel(missing)).code).toBe("FILE_NOT_FOUND");
    const short = changed((_, folder) => truncateSync(join(folder, "group1-shard2of2.bin"), 10));
    expect(errorOf(() => openTfjsModel(short)).message).toMatch(/ends at byte \d+ of its group, whose files hold \d+/);
    const outside = changed((json) => {
      json.weightsManifest = [{ paths: ["../secret.bin"], weights: [] }];
    });
    expect(errorOf(() => openTfjsModel(outside)).message).toContain("outside of its folder");
    const layers = changed((json) => {
      json.modelTopology = { model_config: {} };
    });
    expect(errorOf(() => openTfjsModel(layers))).toMatchObject({ code: "FORMAT_UNSUPPORTED" });
  });
});

describe("what a SavedModel is made of", () => {
  it("has the inputs and outputs of its signature under the signature's names", () => {
    const original = understand("keras-export");
    expect(original.inputs).toMatchObject([{ name: "image", dtype: "float32", shape: [null, 8, 6, 3] }]);
    expect([...original.outputNames.values()].map(([name]) => name).sort()).toEqual(["gate", "scores"]);
    expect(original.pass.outputsDeclared).toBe(true);
  });

  it("has its variables under the names that the engineer gave them, however they were saved", () => {
    const keys = (name: string): string[] =>
      understand(name)
        .variables.map((variable) => variable.key)
        .sort();
    const layers = ["deep/bias", "deep/kernel", "gate/bias", "gate/kernel", "norm/beta", "norm/gamma"];
    expect(keys("keras-export")).toEqual(expect.arrayContaining(layers));
    expect(keys("keras-saved")).toEqual(expect.arrayContaining(layers));
    // All four are called w or b: the objects that hold them tell them apart.
    expect(keys("nested")).toEqual(["first/b", "first/w", "second/b", "second/w"]);
    expect(keys("recurrent")).toContain("memory/lstm_cell/recurrent_kernel");
  });

  it("has taps in the scopes of its layers, and a function that is called twice stands there twice", () => {
    const taps = understand("keras-export").taps.map((tap) => tap.type);
    expect(taps).toEqual(expect.arrayContaining(["Conv2D", "DepthwiseConv2dNative", "MatMul", "Sigmoid"]));
    const products = understand("nested").taps.filter((tap) => tap.type === "MatMul");
    expect(products).toHaveLength(3);
  });

  it("sees the vocabulary behind the guard by which Keras lets negative numbers count from the end", () => {
    expect(understand("recurrent").inputs).toMatchObject([{ name: "ids", role: "token-ids", vocabularySize: 11 }]);
  });

  it("takes another signature by its name", () => {
    const other = understand("nested", { signature: "other" });
    expect([...other.outputNames.values()].map(([name]) => name)).toEqual(["negative"]);
    expect(other.variables.map((variable) => variable.key).sort()).toEqual(["first/b", "first/w"]);
  });

  it("reads the same again from the graph that a golden keeps", () => {
    const original = understand("keras-export");
    const file = join(root, "kept.meta");
    writeFileSync(file, encodeMetaGraph(original.metaGraph));
    const again = understandOriginal(storedModel(readMetaGraph(file), file, original.checkpoint), null);
    expect(again.taps).toEqual(original.taps);
    expect(again.variables).toEqual(original.variables);
    expect([...again.outputNames.keys()]).toEqual([...original.outputNames.keys()]);
  });
});

describe("a SavedModel that cannot be run is refused with what is wrong", () => {
  const broken = (name: string, change: (folder: string) => void): string => {
    const folder = join(root, `broken-${folders++}`);
    cpSync(modelOf(name), folder, { recursive: true });
    change(folder);
    return folder;
  };

  it("a signature that it does not have, with those that it has", () => {
    const error = errorOf(() => understand("nested", { signature: "serve" }));
    expect(error).toMatchObject({ code: "USAGE", hint: "It has other, serving_default." });
  });

  it("none at all, with how to save one", () => {
    const error = errorOf(() => understand("unsigned"));
    expect(error.code).toBe("FORMAT_UNSUPPORTED");
    expect(error.hint).toContain("signatures=");
  });

  it("a folder without its variables", () => {
    const folder = broken("nested", (at) => rmSync(join(at, "variables"), { recursive: true }));
    const error = errorOf(() => openSavedModel(folder, DEFAULT));
    expect(error).toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(error.message).toContain("variables.index");
  });

  it("a file that was cut, with the offset", () => {
    const folder = broken("nested", (at) => {
      const file = join(at, "saved_model.pb");
      truncateSync(file, Math.floor(readFileSync(file).length / 2));
    });
    const error = errorOf(() => openSavedModel(folder, DEFAULT));
    expect(error.code).toBe("FORMAT_INVALID");
    expect(error.message).toMatch(/at byte \d+/);
  });

  it("a graph whose variables are stored elsewhere is no frozen graph", () => {
    const file = join(root, "not-frozen.pb");
    const { graphDef } = openSavedModel(modelOf("tf1-saved"), DEFAULT).metaGraph;
    if (graphDef === undefined) throw new Error("no graph");
    const error = errorOf(() => openFrozenGraph(graphDef, file));
    expect(error.code).toBe("FORMAT_UNSUPPORTED");
    expect(error.hint).toContain("SavedModel");
  });
});
