import { describe, expect, it } from "vitest";
import { placeBehind } from "../../../src/diagnose/behind.js";
import { seeAttentionMask } from "../../../src/diagnose/causes/attention-mask.js";
import { seeBatchStatistics } from "../../../src/diagnose/causes/batch-statistics.js";
import { seeDropoutActive } from "../../../src/diagnose/causes/dropout-active.js";
import { seeExchangedProjections } from "../../../src/diagnose/causes/exchanged-projections.js";
import { seeExtraOp } from "../../../src/diagnose/causes/extra-op.js";
import { seeHeadLayout } from "../../../src/diagnose/causes/head-layout.js";
import { seeMissingBlockInput } from "../../../src/diagnose/causes/missing-block-input.js";
import { seeScalarFactor } from "../../../src/diagnose/causes/scalar-factor.js";
import { placesOf } from "../../../src/diagnose/layer/places.js";
import type { Pattern } from "../../../src/tensorflow/evidence/types.js";
import { fact } from "../facts.js";
import { noise, situationOf, tensor } from "../situations.js";

const X = tensor([2, 3, 8], noise(48, 3));
const W = tensor([8, 8], noise(64, 1, 2));

describe("batch statistics in code", () => {
  const names = ["input", "running_mean", "running_var", "weight", "bias", "training"];
  const batchNorm = (training: boolean) =>
    situationOf({
      given: { x: X },
      parameters: { "bn.mean": tensor([3], [0, 1, 2]), "bn.variance": tensor([3], [1, 2, 3]) },
      steps: [
        {
          name: "batch_norm",
          args: ["x", "bn.mean", "bn.variance", null, null, training],
          names,
          output: "y",
          value: X,
        },
      ],
      reference: X,
    });

  it("are found at a call that is told training=True, by its position, and only there", () => {
    const [found, ...others] = seeBatchStatistics(batchNorm(true));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ cause: "training-mode", source: { line: 10 } });
    expect(JSON.stringify(found?.repairs)).toContain('"arguments":{"5":false}');
    expect(seeBatchStatistics(batchNorm(false))).toEqual([]);
  });

  it("are found where a mean and a variance are computed that the module has stored and nobody reads", () => {
    const moments = (read: boolean) =>
      situationOf({
        given: { x: X },
        parameters: read ? { "bn.mean": tensor([3], [0, 1, 2]) } : {},
        weights: [
          fact("bn.mean", { key: "bn/moving_mean", shape: [3] }),
          fact("bn.var", { key: "bn/moving_variance", shape: [3] }),
        ],
        steps: [
          { name: "mean", args: ["x", [0, 2]], output: "m", value: tensor([3], [0, 0, 0]) },
          { name: "var", args: ["x", [0, 2]], output: "v", value: tensor([3], [1, 1, 1]) },
          { name: "sub", args: ["x", "m"], output: "y", value: X },
        ],
        reference: X,
      });
    expect(seeBatchStatistics(moments(false)).map((one) => one.repairs.length)).toEqual([2]);
    expect(seeBatchStatistics(moments(true))).toEqual([]);
  });
});

it("dropout in fused attention is found by its rate, and not where the rate is 0", () => {
  const attention = (rate: number) =>
    situationOf({
      given: { q: X, k: X, v: X },
      steps: [
        {
          name: "scaled_dot_product_attention",
          args: ["q", "k", "v"],
          kwargs: { dropout_p: rate },
          output: "y",
          value: X,
        },
      ],
      reference: X,
    });
  expect(seeDropoutActive(attention(0.1))).toMatchObject([{ cause: "dropout-active", change: "dropout_p=0.0" }]);
  expect(seeDropoutActive(attention(0))).toEqual([]);
});

it("a mask made with the wrong comparison is tried with the others, on the user's own line", () => {
  const scene = situationOf({
    given: { i: tensor([3, 1], [0, 1, 2]), j: tensor([1, 3], [0, 1, 2]) },
    steps: [{ name: "le", args: ["i", "j"], output: "mask", value: tensor([3, 3], noise(9)) }],
    reference: tensor([3, 3], noise(9)),
  });
  const changes = seeAttentionMask(scene).map((one) => one.change);
  expect(changes).toEqual(expect.arrayContaining([">= instead of <=", "< instead of <=", "> instead of <="]));
});

it("heads of a joined query, key and value are split the other way round with the three parts in their places", () => {
  const joined = tensor([2, 3, 24], noise(144));
  const scene = situationOf({
    given: { x: joined },
    steps: [{ name: "view", args: ["x", 2, 3, 3, 4, 2], output: "y", value: tensor([2, 3, 3, 4, 2], noise(144)) }],
    reference: joined,
  });
  expect(JSON.stringify(seeHeadLayout(scene).map((one) => one.repairs))).toContain("[3,2,4]");
});

it("of a sum too much either summand may be the one that the original has", () => {
  const scene = situationOf({
    given: { a: X, b: X },
    steps: [{ name: "add", args: ["a", "b"], output: "y", value: X }],
    reference: X,
  });
  const repairs = JSON.stringify(seeExtraOp(scene).map((one) => one.repairs));
  expect(repairs).toContain('"at":"0"');
  expect(repairs).toContain('"at":"1"');
});

describe("projections of one tensor that hold each other's weights", () => {
  const scene = (known: "name" | "values") =>
    situationOf({
      given: { x: X },
      parameters: { wq: W, wk: W },
      weights: ["wq", "wk"].map((name) => fact(name, { key: `att/${name}`, shape: [8, 8], matchedBy: known })),
      steps: [
        { name: "linear", args: ["x", "wq"], output: "q", value: X },
        { name: "linear", args: ["x", "wk"], output: "k", value: X },
      ],
      reference: X,
    });

  it("are exchanged in an experiment where only values tell whose they are", () => {
    expect(seeExchangedProjections(scene("values"))).toMatchObject([
      {
        cause: "swapped-weights",
        repairs: [
          { kind: "load", parameter: "wq", key: "att/wk" },
          { kind: "load", parameter: "wk", key: "att/wq" },
        ],
      },
    ]);
  });

  it("are left alone where their names say it", () => {
    expect(seeExchangedProjections(scene("name"))).toEqual([]);
  });
});

it("a residual of what no compared layer gives is named by the block's own input, where the original ends in a sum", () => {
  const residual = { kind: "residual", skipped: "s", input: "s", output: "target", nodes: [] } as unknown as Pattern;
  const scene = (patterns: readonly Pattern[]) =>
    situationOf({
      given: { x: X },
      steps: [{ name: "relu", args: ["x"], output: "y", value: X }],
      reference: X,
      patterns,
      original: { attention: X },
      forcedFrom: { "layer.attention": "attention", elsewhere: "attention" },
    });
  expect(seeMissingBlockInput(scene([residual])).map((one) => one.change)).toEqual([
    "its input added to what layer gives",
    "the sum of its input and layer.attention added to what layer gives",
  ]);
  expect(seeMissingBlockInput(scene([]))).toEqual([]);
});

it("a factor is found where the port has no call that could be corrected", () => {
  const half = tensor(
    X.shape,
    X.data.map((value) => value / 2),
  );
  const scene = situationOf({
    given: { x: X },
    steps: [{ name: "identity", args: ["x"], output: "y", value: X }],
    reference: half,
  });
  const found = seeScalarFactor({ ...scene, suspects: [] });
  expect(found[0]).toMatchObject({ cause: "scalar-factor", change: "the result multiplied by 0.5" });
});

describe("where something is missing", () => {
  const scene = situationOf({
    given: { x: X },
    parameters: { w: W },
    steps: [
      { name: "linear", args: ["x", "w"], output: "q", value: X },
      { name: "linear", args: ["x", "w"], output: "k", value: X },
      { name: "mul", args: ["q", "k"], output: "y", value: X },
    ],
    reference: X,
  });

  it("everything that reads the tensor reads it changed: query and key are made of one", () => {
    const place = placesOf(scene).find((one) => one.tensor === "x");
    expect(place?.edit((x) => x).map((edit) => (edit.kind === "op" ? edit.op.index : -1))).toEqual([0, 1]);
  });

  it("is behind the compared layer whose output is read, and at the call itself where that is changed", () => {
    const place = placesOf(scene).find((one) => one.tensor === "x");
    const hypothesis = {
      cause: "missing-op",
      pairs: ["layer"],
      parameters: [],
      source: null,
      message: "",
      evidence: [],
      repairs: (place?.edit((x) => ({ $: "call", fn: "torch.relu", args: [x] })) ?? []).map((edit) => ({
        kind: "edit" as const,
        edit,
      })),
      change: "",
      fix: "",
      prior: 0.5,
    } as const;
    expect(placeBehind(scene, hypothesis).behind).toBe("before.x");
    const itself =
      placesOf(scene)
        .find((one) => one.tensor === "q")
        ?.edit((x) => x) ?? [];
    const repairs = itself.map((edit) => ({ kind: "edit" as const, edit }));
    expect(placeBehind(scene, { ...hypothesis, repairs }).behind).toBeUndefined();
  });
});
