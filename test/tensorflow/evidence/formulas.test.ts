import { describe, expect, it } from "vitest";
import { describePattern } from "../../../src/tensorflow/evidence/describe.js";
import { findRegion } from "../../../src/tensorflow/evidence/find-region.js";
import { writeFormulas } from "./originals-of-formulas.js";

const models = writeFormulas("norms", "activations", "masks");

describe("a normalisation is known by its formula, however it is written", () => {
  const weights = (scope: string) => ({ scale: `${scope}/a`, offset: `${scope}/c` });
  it.each([
    [
      "by_hand",
      {
        variant: "layer",
        epsilon: { value: 1e-5, node: "s0/add/y" },
        placement: "inside",
        axes: [2],
        ...weights("s0"),
      },
    ],
    [
      "by_moments",
      {
        variant: "layer",
        epsilon: { value: 1e-12, node: "s1/batchnorm/add/y" },
        placement: "inside",
        axes: [2],
        ...weights("s1"),
      },
    ],
    [
      "by_division",
      {
        variant: "layer",
        epsilon: { value: 1e-6, node: "s2/add/x" },
        placement: "inside",
        axes: [2],
        ...weights("s2"),
      },
    ],
    [
      "outside_root",
      {
        variant: "layer",
        epsilon: { value: 1e-3, node: "s3/add/y" },
        placement: "outside",
        axes: [2],
        ...weights("s3"),
      },
    ],
    [
      "at_least",
      {
        variant: "layer",
        epsilon: { value: 1e-4, node: "s4/Maximum/y" },
        placement: "maximum",
        scale: null,
        offset: null,
      },
    ],
    [
      "by_fused_op",
      { variant: "layer", epsilon: { value: 2e-3, node: "s5/FusedBatchNormV3" }, axes: [2], ...weights("s5") },
    ],
    ["root_mean_square", { variant: "rms", epsilon: { value: 1e-6, node: "s6/add/y" }, scale: "s6/a", offset: null }],
    ["unit_length", { variant: "l2", epsilon: { value: 1e-10 }, placement: "maximum", axes: [1] }],
    ["of_groups", { variant: "group", groups: 3, epsilon: { value: 1e-5 }, axes: [1, 2, 4], ...weights("s8") }],
    ["of_instances", { variant: "instance", groups: null, epsilon: { value: 1e-3 }, axes: [1, 2], ...weights("s9") }],
    [
      "stored_fused",
      { variant: "batch", epsilon: { value: 1e-3 }, mean: "s10/m", variance: "s10/v", ...weights("s10") },
    ],
    [
      "stored_folded",
      { variant: "batch", epsilon: { value: 2e-3 }, mean: "s11/m", variance: "s11/v", ...weights("s11") },
    ],
    [
      "stored_by_hand",
      { variant: "batch", epsilon: { value: 1e-4 }, mean: "s12/m", variance: "s12/v", ...weights("s12") },
    ],
  ])("%s", (name, wanted) => {
    const patterns = models.patternsOf("norms", name);
    expect(patterns).toMatchObject([
      { kind: "normalisation", input: `s${scopeOf(patterns[0]?.input)}/x:0`, ...wanted },
    ]);
  });

  it("a plain sum with a number is no epsilon", () => {
    expect(models.patternsOf("norms", "plain_sum")).toMatchObject([{ kind: "shift", term: { value: 1 } }]);
  });

  it("the message names the number and the op that holds it", () => {
    const [pattern] = models.patternsOf("norms", "by_hand");
    expect(pattern && describePattern(pattern)).toBe("layer normalisation with ε 1e-5 (`s0/add/y`)");
  });
});

describe("an activation is known by its formula", () => {
  it.each([
    ["gelu_power", "gelu-tanh", {}],
    ["gelu_products", "gelu-tanh", {}],
    ["gelu_op_tanh", "gelu-tanh", {}],
    ["gelu_cdf", "gelu-erf", {}],
    ["gelu_erfc", "gelu-erf", {}],
    ["gelu_op", "gelu-erf", {}],
    ["gelu_sigmoid", "gelu-sigmoid", {}],
    ["swish", "swish", {}],
    ["mish", "mish", {}],
    ["hard_swish", "hard-swish", {}],
    ["hard_sigmoid", "hard-sigmoid", { slope: { value: 0.1666667 } }],
    ["hard_sigmoid_keras", "hard-sigmoid", { slope: { value: 0.2 } }],
    ["leaky_op", "leaky-relu", { slope: { value: 0.3 } }],
    ["leaky_default", "leaky-relu", { slope: { value: 0.2 } }],
    ["leaky_maximum", "leaky-relu", { slope: { value: 0.1, node: "s14/mul/x" } }],
    ["relu6_op", "relu6", {}],
    ["relu6_bounds", "relu6", {}],
    ["relu6_relu", "relu6", {}],
    ["relu_maximum", "relu", {}],
    ["clip", "clip", { lower: { value: -2 }, upper: { value: 3 } }],
    ["elu", "elu", {}],
    ["selu", "selu", {}],
    ["softplus", "softplus", {}],
    ["softsign", "softsign", {}],
    ["tanh", "tanh", {}],
    ["sigmoid", "sigmoid", {}],
  ])("%s is %s", (formula, name, parameters) => {
    const patterns = models.patternsOf("activations", formula);
    expect(patterns).toMatchObject([{ kind: "activation", name, parameters }]);
    expect(patterns[0]?.input).toMatch(/^s\d+\/x:0$/);
  });

  it.each(["prelu", "old_prelu"])("%s has a stored slope", (formula) => {
    expect(models.patternsOf("activations", formula)).toMatchObject([
      { name: "prelu", weight: expect.stringMatching(/\/a$/) },
    ]);
  });

  it("a tanh in something that is not quite gelu is a tanh", () => {
    const patterns = models.patternsOf("activations", "almost_gelu");
    expect(patterns.filter((pattern) => pattern.kind === "activation")).toMatchObject([{ name: "tanh" }]);
    expect(patterns.map((pattern) => pattern.kind)).not.toContain("residual");
  });

  it.each([
    ["softmax", false, 1],
    ["softmax_first", false, 0],
    ["softmax_by_hand", false, 1],
    ["softmax_shifted", false, 1],
    ["log_softmax", true, 1],
    ["log_softmax_by_hand", true, 1],
  ])("%s: log %s over axis %i", (formula, log, axis) => {
    expect(models.patternsOf("activations", formula)).toMatchObject([{ kind: "softmax", log, axis }]);
  });
});

describe("scale and mask of attention", () => {
  const summary = (name: string) =>
    models.patternsOf("masks", name).flatMap((one) => {
      if (one.kind === "scale") return [["scale", one.factor.value]];
      return one.kind === "mask" ? [[one.form, one.constant.value]] : [one.kind];
    });
  it.each([
    [
      "causal",
      [
        ["scale", 0.25],
        ["multiply", -1e10],
      ],
    ],
    [
      "additive",
      [
        ["scale", 0.125],
        ["add", -1e4],
      ],
    ],
    [
      "selected",
      [
        ["scale", 0.25],
        ["select", -1e9],
      ],
    ],
    ["table", [["add", -1e9]]],
  ])("%s: the numbers are read, also where a size gives them", (name, wanted) => {
    expect(summary(name)).toEqual(wanted);
  });

  it("a size that is known only in a run stays open", () => {
    const original = models.understand("masks", ["selected:0"]);
    const scores = findRegion(original, "s2/Greater:0", new Set());
    expect(scores.constants.get("s2/Shape:0")).toBeUndefined();
  });
});

function scopeOf(tensor: string | undefined): string {
  return tensor?.match(/^s(\d+)\//)?.[1] ?? "?";
}
