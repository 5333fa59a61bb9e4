import { describe, expect, it } from "vitest";
import { findForwardPass, inputShape } from "../../src/tensorflow/forward-pass.js";
import { tensorName } from "../../src/tensorflow/graph.js";
import { nearNames } from "../../src/tensorflow/near-names.js";
import { errorOf, writeModels } from "./originals.js";

const models = writeModels("outputs.py");
const inputsOf = (name: string): string[] =>
  findForwardPass(models.graphOf(name), models.metaOf(name)).inputs.map(tensorName);

describe("in a graph for inference", () => {
  it("the end is the output, as it stands", () => {
    expect(models.outputsOf("inference")).toEqual(["probabilities:0"]);
    expect(inputsOf("inference")).toEqual(["features:0"]);
  });

  it("two ends are two outputs, in the order in which they are computed", () => {
    expect(models.outputsOf("two_outputs")).toEqual(["value/BiasAdd:0", "policy/BiasAdd:0"]);
  });

  it("that ends in class numbers, cast and sliced, the scores they were chosen from are the output", () => {
    expect(models.outputsOf("argmax_only")).toEqual(["logits/Einsum:0"]);
    expect(models.outputsOf("threshold_only")).toEqual(["probability:0"]);
  });

  it("a mask at the very end belongs to the model", () => {
    expect(models.outputsOf("masked_output")).toEqual(["masked:0"]);
    expect(inputsOf("masked_output").sort()).toEqual(["features:0", "mask:0"]);
  });

  it("an op of the model is not taken for an update because its name begins with Scatter", () => {
    expect(models.outputsOf("scattered")).toEqual(["grid:0"]);
  });

  it("nothing that hangs on a random draw is an output: what was drawn from is", () => {
    expect(models.outputsOf("sampled")).toEqual(["logits/BiasAdd:0"]);
  });

  it("that generates, the model's own logits are the output, not the few of the last position that were drawn from", () => {
    expect(models.outputsOf("generating")).toEqual(["model/logits:0"]);
  });
});

describe("in a graph for training", () => {
  it("the logits are the output: not the loss, the accuracy, the averages, the summaries or the softmax of the logits", () => {
    expect(models.outputsOf("training")).toEqual(["logits/BiasAdd:0"]);
    expect(inputsOf("training")).toEqual(["features:0"]);
  });

  it.each([
    ["regression", "price/BiasAdd:0"],
    ["binary", "score/BiasAdd:0"],
    ["autoencoder", "picture:0"],
    ["q_learning", "values/BiasAdd:0"],
  ])("whose loss is made of plain arithmetic (%s), what is held against the labels is the output", (name, output) => {
    expect(models.outputsOf(name)).toEqual([output]);
    expect(inputsOf(name)).toEqual(["features:0"]);
  });

  it.each(["next_token", "next_token_flattened", "next_token_and_choice"])(
    "of a language model (%s), the logits are the output in the model's own shape, before a loss slices and flattens them",
    (name) => {
      expect(models.outputsOf(name)).toEqual(["model/logits:0"]);
      expect(inputsOf(name)).toEqual(["tokens:0"]);
    },
  );

  it("what a loss function flattens in its own scope is seen through", () => {
    expect(models.outputsOf("one_hot_loss")).toEqual(["logits/Einsum:0"]);
  });

  it("the position that the model itself picks stays picked", () => {
    expect(models.outputsOf("first_position")).toEqual(["strided_slice:0"]);
  });

  it("with two heads both are outputs, also when the second reads the first", () => {
    expect(models.outputsOf("two_heads_trained")).toEqual(["first/BiasAdd:0", "second/BiasAdd:0"]);
    expect(inputsOf("two_heads_trained")).toEqual(["features:0"]);
  });

  it("a mask before the last weight is an input, a mask of the loss is none", () => {
    expect(models.outputsOf("attention_mask")).toEqual(["logits/Einsum:0"]);
    expect(inputsOf("attention_mask").sort()).toEqual(["mask:0", "x:0"]);
  });

  it("what is written to moving averages is no output", () => {
    expect(models.outputsOf("batch_norm")).toEqual(["logits/BiasAdd:0"]);
    expect(inputsOf("batch_norm").sort()).toEqual(["features:0", "is_training:0"]);
  });
});

describe("the inputs", () => {
  it("of a graph kept for inference are the placeholders without a default: a dropout with a default is none", () => {
    expect(models.outputsOf("switches")).toEqual(["logits/BiasAdd:0"]);
    expect(inputsOf("switches").sort()).toEqual(["features:0", "is_training:0", "keep_prob:0"]);
  });

  it("may come out of a data pipeline; labels in the same pipeline are left aside", () => {
    expect(models.outputsOf("pipeline")).toEqual(["logits/BiasAdd:0"]);
    expect(inputsOf("pipeline")).toEqual(["IteratorGetNext:0"]);
    const graph = models.graphOf("pipeline");
    expect(inputShape(graph, { node: "IteratorGetNext", slot: 0 })).toEqual([null, 4]);
    expect(inputShape(graph, { node: "IteratorGetNext", slot: 1 })).toEqual([null]);
  });

  it("are missing in a graph of variables alone, which is said", () => {
    const error = errorOf(() => models.outputsOf("variables_only"));
    expect(error).toMatchObject({ code: "FORMAT_UNSUPPORTED", message: expect.stringMatching(/^No output was found/) });
    expect(error.hint).toContain("no placeholder");
  });
});

describe("declared outputs", () => {
  it("are taken as they are named, in the user's order, with or without :0", () => {
    const names = ["total_loss", "hidden/MatMul:0"];
    expect(models.outputsOf("training", names)).toEqual(["total_loss:0", "hidden/MatMul:0"]);
    const pass = findForwardPass(models.graphOf("training"), "x.meta", names);
    expect(pass.outputsDeclared).toBe(true);
    expect(pass.inputs.map(tensorName).sort()).toEqual(["features:0", "labels:0"]);
  });

  it("that are misspelt are refused, and the ops meant are named", () => {
    for (const name of ["first/BaisAdd:0", "frist/BiasAdd", "first/biasadd"]) {
      const error = errorOf(() => models.outputsOf("two_heads_trained", [name]));
      expect(error.code).toBe("CONFIG_INVALID");
      expect(error.hint, name).toMatch(/^Ops with a similar name: .*first\/BiasAdd/);
    }
  });

  it("that resemble nothing in the graph are refused with the way to write one", () => {
    const error = errorOf(() => models.outputsOf("training", ["zzz/qqq"]));
    expect(error.message).toBe("The graph has no op zzz/qqq, which is named as an output.");
    expect(error.hint).toBe("Write an output as scope/op or scope/op:0.");
  });

  it.each(["logits/BiasAdd:first", "^logits/BiasAdd", "logits/BiasAdd:-1"])("such as %s are no tensors", (name) => {
    expect(errorOf(() => models.outputsOf("training", [name]))).toMatchObject({
      code: "CONFIG_INVALID",
      message: `${name} is not the name of a tensor.`,
    });
  });

  it("inside a branch are refused: a run with the other branch would give nothing", () => {
    const error = errorOf(() => models.outputsOf("batch_norm", ["cond/add"]));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", hint: expect.stringContaining("Merge") });
    expect(models.outputsOf("batch_norm", ["cond/Merge"])).toEqual(["cond/Merge:0"]);
  });
});

describe("names near a misspelt one", () => {
  const known = ["model/h0/attn/add", "model/h0/mlp/add", "model/logits", "save/restore_all"];
  it("come with the most alike first, and nothing comes for a name like none of them", () => {
    expect(nearNames("model/logit", known)[0]).toBe("model/logits");
    expect(nearNames("model/h0/atn/add", known).slice(0, 2)).toEqual(["model/h0/attn/add", "model/h0/mlp/add"]);
    expect(nearNames("completely_different", known)).toEqual([]);
    expect(nearNames("", known)).toEqual([]);
  });
});
