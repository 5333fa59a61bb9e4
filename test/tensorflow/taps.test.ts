import { describe, expect, it } from "vitest";
import { tensorName } from "../../src/tensorflow/graph.js";
import type { Original } from "../../src/tensorflow/understand-original.js";
import { followReshapes } from "../../src/tensorflow/weighted-ops.js";
import { writeModels } from "./originals.js";

const models = writeModels("blocks.py");
const NAMES = ["block", "tensordot", "scores", "entered_again", "several_slots", "conditional", "parts", "classes"];

const tensorsById = (original: Original): Record<string, string> =>
  Object.fromEntries(original.taps.map((tap) => [tap.id, tap.tensor]));
const usesOf = (original: Original, key: string): string[] =>
  (original.weighted.get(key) ?? []).map((op) => `${op.node} ${op.use}`);
/** Where the result of the n-th use of a key is recorded. */
const tapOfUse = (original: Original, key: string, n = 0): string | undefined => {
  const op = original.weighted.get(key)?.[n];
  if (op === undefined) return undefined;
  const settled = tensorName(followReshapes(original.graph, original.pass, { node: op.node, slot: 0 }));
  return original.taps.find((tap) => tap.tensor === settled)?.id;
};

describe("in every model", () => {
  it.each(NAMES)("%s: ids are unique, and taps come in the order of execution", (name) => {
    const { taps, graph } = models.understand(name);
    expect(new Set(taps.map((tap) => tap.id)).size).toBe(taps.length);
    const places = taps.map((tap) => graph.position.get(tap.tensor.slice(0, tap.tensor.lastIndexOf(":"))) ?? -1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(taps.some((tap) => tap.isOutput)).toBe(true);
  });

  it.each(NAMES)("%s: the reading of a weight by itself is no tap, and each tap depends on an input", (name) => {
    const { taps, graph } = models.understand(name);
    const dependsOnInput = (tensor: string, seen = new Set<string>()): boolean => {
      const node = tensor.split(":")[0] ?? "";
      if (seen.has(node)) return false;
      seen.add(node);
      if (graph.nodes.get(node)?.op === "Placeholder") return true;
      return (graph.inputs.get(node) ?? []).some((ref) => dependsOnInput(ref.node, seen));
    };
    for (const tap of taps) {
      expect(tap.tensor).not.toMatch(/\/read(_\d+)?:0$/);
      expect(dependsOnInput(tap.tensor), tap.id).toBe(true);
    }
  });

  it.each(NAMES)("%s: a scope's own tap is read from outside the scope, or is an output", (name) => {
    const { taps, graph } = models.understand(name);
    const scopes = taps.filter((tap) => tap.kind === "scope");
    expect(scopes.length).toBeGreaterThan(0);
    for (const tap of scopes) {
      const readers = [...graph.nodes.values()]
        .filter((node) => node.input.some((input) => (input.includes(":") ? input : `${input}:0`) === tap.tensor))
        .map((node) => node.name);
      const outside = readers.filter((reader) => reader !== tap.path && !reader.startsWith(`${tap.path}/`));
      expect(tap.isOutput || outside.length > 0, tap.id).toBe(true);
      expect(`${tap.tensor}/`.startsWith(tap.path), tap.id).toBe(true);
    }
  });
});

describe("a transformer block", () => {
  it("gives each layer by the tensor that leaves its scope: the reshaped product, the normalised sum, the residual", () => {
    const taps = tensorsById(models.understand("block"));
    expect(taps).toMatchObject({
      "model/h0/ln_1": "model/h0/ln_1/batchnorm/add_1:0",
      "model/h0/attn/c_attn": "model/h0/attn/c_attn/Reshape_2:0",
      "model/h0/attn/c_proj": "model/h0/attn/c_proj/Reshape_2:0",
      "model/h0/attn": "model/h0/attn/c_proj/Reshape_2:0",
      "model/h0/mlp/c_fc": "model/h0/mlp/c_fc/Reshape_2:0",
      "model/h0/mlp/c_proj": "model/h0/mlp/c_proj/Reshape_2:0",
      "model/ln_f": "model/ln_f/batchnorm/add_1:0",
      model: "model/logits:0",
    });
  });

  it("that also hands out its keys and values names them apart from its own result", () => {
    const original = models.understand("block");
    const taps = tensorsById(original);
    expect(taps["model/h0/attn[stack]"]).toBe("model/h0/attn/stack:0");
    expect(taps["model/h0/attn"]).not.toBe(taps["model/h0/attn[stack]"]);
    expect(original.taps.filter((tap) => tap.isOutput).map((tap) => tap.id)).toEqual(["model[present]", "model"]);
  });

  it("records what enters a layer from outside: the sum of the embeddings, the merged heads, the activation", () => {
    const entering = models.understand("block").taps.filter((tap) => tap.kind === "entering");
    expect(entering.map((tap) => tap.id)).toEqual(
      expect.arrayContaining(["model/add", "model/h0/attn/Reshape_3", "model/h0/add", "model/h0/mlp/Relu"]),
    );
  });

  it("uses a tied table in both places, as a lookup and as a product, and each has its tap", () => {
    const original = models.understand("block");
    expect(usesOf(original, "model/wte")).toEqual(["model/GatherV2 lookup", "model/MatMul compute"]);
    expect(usesOf(original, "model/wpe")).toEqual(["model/GatherV2_1 lookup"]);
    expect(tapOfUse(original, "model/wte")).toBe("model/GatherV2");
    expect(tapOfUse(original, "model/wte", 1)).toBe("model");
    expect(original.scopes.get("model")?.ownsKeys).toBe(true);
  });

  it("finds kernel, bias and gain in their layer, through reshapes and arithmetic on weights alone", () => {
    const original = models.understand("block");
    expect(usesOf(original, "model/h0/attn/c_attn/w")).toEqual(["model/h0/attn/c_attn/MatMul compute"]);
    expect(tapOfUse(original, "model/h0/attn/c_attn/b")).toBe("model/h0/attn/c_attn");
    expect(usesOf(original, "model/h0/ln_1/g")).toEqual(["model/h0/ln_1/batchnorm/mul compute"]);
    const scope = original.scopes.get("model/h0/attn/c_attn");
    expect([...(scope?.keys ?? [])].sort()).toEqual(["model/h0/attn/c_attn/b", "model/h0/attn/c_attn/w"]);
  });

  it("does not take what the next layer does with a result (flattening it) for the layer's own", () => {
    const { taps } = models.understand("block");
    expect(taps.map((tap) => tap.tensor)).not.toContain("model/h0/attn/c_attn/Reshape:0");
  });
});

describe("an op that bears the very name of a scope", () => {
  it("closes that scope: the layer by tensordot is recorded in its full shape, and is where its kernel is used", () => {
    const original = models.understand("tensordot");
    expect(tensorsById(original)).toMatchObject({
      "dense/Tensordot": "dense/Tensordot:0",
      dense: "dense/BiasAdd:0",
    });
    expect(tapOfUse(original, "dense/kernel")).toBe("dense/Tensordot");
  });

  it("may be the output, which then is recorded with its bias", () => {
    const original = models.understand("scores");
    const output = original.taps.filter((tap) => tap.isOutput);
    expect(new Set(output.map((tap) => tap.tensor))).toEqual(new Set(["output/scores:0"]));
    expect(tensorsById(original)["output/scores/MatMul"]).toBe("output/scores/MatMul:0");
    expect([...(original.scopes.get("output/scores")?.keys ?? [])]).toEqual(["output/kernel", "output/bias"]);
  });
});

describe("a layer that is called twice", () => {
  it("is two scopes with the same weights, neither of which owns them alone", () => {
    const original = models.understand("entered_again");
    expect(tensorsById(original)).toMatchObject({
      "twin/layer": "twin/layer/BiasAdd:0",
      "twin/layer_1": "twin/layer_1/BiasAdd:0",
      twin: "twin/Tanh_1:0",
      "twin[Tanh]": "twin/Tanh:0",
    });
    expect(usesOf(original, "twin/layer/kernel")).toEqual(["twin/layer/MatMul compute", "twin/layer_1/MatMul compute"]);
    expect(original.scopes.get("twin/layer")?.ownsKeys).toBe(false);
    expect(original.scopes.get("twin/layer_1")?.ownsKeys).toBe(false);
    expect(original.scopes.get("twin")?.ownsKeys).toBe(true);
  });
});

describe("what a session cannot give out", () => {
  it("several outputs of one op that leave a scope are each recorded", () => {
    expect(tensorsById(models.understand("several_slots"))).toMatchObject({
      "joined[split]": "joined/split:0",
      "joined[split:1]": "joined/split:1",
      joined: "joined/split:2",
    });
  });

  it("values in branches and loops are left out, and what comes out of them is in", () => {
    const original = models.understand("conditional");
    const taps = tensorsById(original);
    expect(original.pass.outputs.map(tensorName)).toEqual(["head/BiasAdd:0"]);
    expect(taps).toMatchObject({ bn: "bn/Squeeze:0", "bn/cond": "bn/cond/Merge:0", "rnn/while": "rnn/while/Exit_1:0" });
    for (const tensor of Object.values(taps))
      expect(tensor).not.toMatch(/Switch|FusedBatchNorm|while\/(MatMul|Tanh|Enter)|TensorArray(V3|Write|Scatter)/);
    // Still known: the aligner goes by the scopes that use them.
    expect([...(original.scopes.get("bn")?.keys ?? [])].sort()).toEqual([
      "bn/beta",
      "bn/gamma",
      "bn/moving_mean",
      "bn/moving_variance",
    ]);
    expect(usesOf(original, "rnn/kernel")).toEqual(["rnn/while/MatMul compute"]);
  });
});

describe("a table in parts", () => {
  it("is used once, where its rows have been put together, not part by part", () => {
    const original = models.understand("parts");
    expect(usesOf(original, "embedding/table")).toEqual(["embedding_1/embedding_lookup lookup"]);
    expect(tapOfUse(original, "embedding/table")).toBe("embedding_1");
    expect(usesOf(original, "head/kernel")).toEqual(["head/logits/Einsum compute"]);
    expect(original.variables.map((variable) => variable.slice)).toEqual([
      "13 6 0,5:0,6",
      "13 6 5,4:0,6",
      "13 6 9,4:0,6",
      "6 3 0,3:0,3",
      "6 3 3,3:0,3",
    ]);
  });
});

describe("outputs that the user names", () => {
  it("are recorded also when they are whole numbers", () => {
    const original = models.understand("classes", ["classes"]);
    expect(original.taps.filter((tap) => tap.isOutput)).toMatchObject([
      { id: "classes", tensor: "classes:0", dtype: "int64" },
    ]);
    expect(tensorsById(original).logits).toBe("logits/BiasAdd:0");
  });

  it("cut the model there: what comes after is neither needed nor recorded", () => {
    const original = models.understand("block", ["model/h0/ln_1/batchnorm/add_1"]);
    expect(original.variables.map((variable) => variable.key)).toEqual([
      "model/wte",
      "model/wpe",
      "model/h0/ln_1/g",
      "model/h0/ln_1/b",
    ]);
    expect(original.taps.some((tap) => tap.id.includes("attn"))).toBe(false);
  });
});
