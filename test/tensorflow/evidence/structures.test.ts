import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findRegion } from "../../../src/tensorflow/evidence/find-region.js";
import { writeFormulas } from "./originals-of-formulas.js";

const RECURRENT = [
  "block_lstm",
  "lstm_unrolled",
  "lstm_looped",
  "lstm_keras",
  "lstm_separate",
  "gru",
  "gru_keras",
  "plain",
];
const models = writeFormulas("pictures", "tables", "ancestors", ...RECURRENT);

describe("pictures and sequences", () => {
  it.each([
    [
      "plain",
      [
        {
          kind: "convolution",
          kernel: "s0/k",
          strides: [2, 1],
          dilations: [1, 1],
          padding: "SAME",
          channelsLast: true,
        },
      ],
    ],
    [
      "explicit",
      [
        {
          kind: "convolution",
          padding: [
            [1, 1],
            [0, 2],
          ],
        },
      ],
    ],
    ["depthwise", [{ kind: "convolution", depthwise: true, dilations: [2, 2], padding: "VALID" }]],
    ["dilated", [{ kind: "convolution", dilations: [2, 2], padding: "SAME", kernel: "s3/k", input: "s3/x:0" }]],
    ["sequence", [{ kind: "reshape" }, { kind: "convolution", strides: [2], padding: "SAME", kernel: "s4/k" }]],
    [
      "transposed",
      [
        { kind: "convolution", transposed: true, strides: [2, 2], input: "s5/x:0" },
        { kind: "bias", key: "s5/o" },
      ],
    ],
    ["max_pool", [{ kind: "pool", type: "max", size: [3, 2], strides: [2, 2], padding: "SAME" }]],
    ["average_pool", [{ kind: "pool", type: "average", size: [2, 2], padding: "VALID" }]],
    ["mean_pool", [{ kind: "mean-pool", axes: [1, 2] }]],
    ["nearest", [{ kind: "resize", method: "nearest", alignCorners: false, halfPixelCentres: false }]],
    ["corners", [{ kind: "resize", method: "bilinear", alignCorners: true, halfPixelCentres: false }]],
    ["half_pixels", [{ kind: "resize", method: "bilinear", alignCorners: false, halfPixelCentres: true }]],
    ["cubic", [{ kind: "resize", method: "bicubic" }]],
    ["area", [{ kind: "resize", method: "area" }]],
    ["lanczos", [{ kind: "resize", method: "lanczos", antialias: true }]],
    ["pad", [{ kind: "pad", before: [0, 1, 3, 0], after: [0, 2, 0, 0], mode: "CONSTANT", value: -1 }]],
    ["mirror", [{ kind: "pad", mode: "REFLECT" }]],
    [
      "flatten",
      [
        { kind: "transpose", permutation: [0, 3, 1, 2] },
        { kind: "reshape", shape: [-1, 384] },
      ],
    ],
    [
      "joined",
      [
        { kind: "reverse", axes: [2] },
        { kind: "concat", axis: 3, count: 2 },
      ],
    ],
    ["parts", [{ kind: "split", axis: 3, count: 3 }]],
    ["running", [{ kind: "cumulative", op: "Cumsum", exclusive: true, reverse: true }]],
    ["einsum", [{ kind: "einsum", equation: "abcd,de->abce" }]],
  ])("%s", (name, wanted) => {
    expect(models.patternsOf("pictures", name)).toMatchObject(wanted);
  });

  it("a lookup, token types by a product with one-hot vectors, and the scale of an embedding", () => {
    expect(models.patternsOf("tables", "tables")).toMatchObject([
      { kind: "lookup", table: "s0/w" },
      { kind: "one-hot", depth: 2 },
      { kind: "matmul", kernel: "s0/t" },
      { kind: "scale", factor: { value: expect.closeTo(Math.sqrt(6), 5) } },
      { kind: "reshape" },
    ]);
  });
});

describe("a recurrent cell tells its gates by what is done with them", () => {
  it.each([
    [
      "block_lstm",
      { cell: "lstm", gates: ["i", "j", "f", "o"], forgetBias: { value: 0.75 }, kernel: "s0/k", bias: "s0/o" },
    ],
    [
      "lstm_unrolled",
      {
        cell: "lstm",
        gates: ["i", "j", "f", "o"],
        forgetBias: { value: 1, node: "s0/u/add/y" },
        kernel: "s0/u/k",
        recurrentKernel: null,
        bias: "s0/u/o",
      },
    ],
    [
      "lstm_looped",
      { cell: "lstm", gates: ["i", "j", "f", "o"], forgetBias: { value: 1 }, kernel: "s0/l/k", bias: "s0/l/o" },
    ],
    [
      "lstm_keras",
      {
        cell: "lstm",
        gates: ["i", "f", "j", "o"],
        forgetBias: null,
        kernel: "s0/l/k",
        recurrentKernel: "s0/l/r",
        bias: "s0/l/o",
      },
    ],
    ["lstm_separate", { cell: "lstm", gates: ["i", "f", "j", "o"], kernel: "s0/u/k", recurrentKernel: "s0/u/r" }],
    [
      "gru",
      {
        cell: "gru",
        gates: ["r", "u"],
        resetAfter: false,
        kernel: "s0/l/g",
        bias: "s0/l/go",
        candidateKernel: "s0/l/k",
        candidateBias: "s0/l/o",
      },
    ],
    [
      "gru_keras",
      {
        cell: "gru",
        gates: ["z", "r", "h"],
        resetAfter: true,
        kernel: "s0/u/k",
        recurrentKernel: "s0/u/r",
        bias: "s0/u/o",
        recurrentBias: "s0/u/ro",
      },
    ],
    ["plain", { cell: "rnn", kernel: "s0/l/k", recurrentKernel: "s0/l/r", bias: "s0/l/o" }],
  ])("%s", (name, wanted) => {
    const cells = models.patternsOf(name, "out").filter((pattern) => pattern.kind === "recurrent");
    expect(cells).toMatchObject([wanted]);
    expect(models.patternsOf(name, "out").filter((pattern) => pattern.kind === "activation")).toEqual([]);
  });

  it("ops of a loop are in the region, but none of them is read by a session", () => {
    const region = findRegion(models.understand("lstm_looped", ["out:0"]), "out:0", new Set());
    expect(region.ops.map((op) => op.node)).toContain("s0/while/l/mul_2");
    expect(region.readable.filter((tensor) => tensor.startsWith("s0/while/l/"))).toEqual([]);
    expect(region.readable).toContain("out:0");
  });
});

describe("the ops of a region", () => {
  it("are the ancestors up to known tensors, by TensorFlow's own view of the graph, in the order of execution", () => {
    const questions = JSON.parse(readFileSync(join(models.folder(), "ancestors", "questions.json"), "utf8")) as {
      target: string;
      known: string[];
      ops: string[];
    }[];
    const original = models.understand("ancestors", ["end:0"]);
    expect(questions.length).toBe(30);
    for (const { target, known, ops } of questions) {
      const region = findRegion(original, target, new Set(known));
      expect(region.ops.map((op) => op.node).sort(), target).toEqual(ops);
      const places = region.ops.map((op) => original.graph.position.get(op.node) ?? -1);
      expect(places).toEqual([...places].sort((a, b) => a - b));
      for (const source of region.sources) expect(known.includes(source) || source.startsWith("in"), source).toBe(true);
    }
  });

  it("a tensor that the graph does not have is refused with words", () => {
    const original = models.understand("ancestors", ["end:0"]);
    expect(() => findRegion(original, "nowhere:0", new Set())).toThrow("The graph has no tensor nowhere:0.");
  });
});
