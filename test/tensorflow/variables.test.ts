import { describe, expect, it } from "vitest";
import { indexInWhole, readSliceSpec } from "../../src/tensorflow/slice-spec.js";
import type { GraphVariable } from "../../src/tensorflow/variables.js";
import { errorOf, writeModels } from "./originals.js";

const models = writeModels(
  "restored.py",
  ...["plain", "resource", "partitioned", "averaged", "two_savers", "old", "warm_started", "trained", "without_saver"],
  ...["bigger", "renamed", "float64_ref", "float16_ref"],
);
const keysOf = (model: string): Record<string, string> =>
  Object.fromEntries(models.understand(model).variables.map((variable) => [variable.node, variable.key]));

describe("the checkpoint key of a variable", () => {
  it.each(["plain", "resource", "without_saver"])("is its own name in a plain save (%s)", (model) => {
    expect(keysOf(model)).toEqual({ "y/kernel": "y/kernel", "y/bias": "y/bias" });
  });

  it("is the moving average that the graph's Saver restores into it", () => {
    expect(keysOf("averaged")).toEqual({
      "y/kernel": "y/kernel/ExponentialMovingAverage",
      "y/bias": "y/bias/ExponentialMovingAverage",
    });
  });

  it("is that of the Saver which wrote the checkpoint, when an earlier one in the graph has other names", () => {
    expect(keysOf("two_savers")).toEqual({ "y/kernel": "y/kernel", "y/bias": "y/bias" });
  });

  it("is not the one in another model's checkpoint that a variable was once initialised from", () => {
    expect(keysOf("warm_started")).toEqual({ "new/y/kernel": "new/y/kernel", "new/y/bias": "new/y/bias" });
  });
});

describe("the variables of a model", () => {
  it("are those that the forward pass needs: no optimizer slots, no step counter", () => {
    const { checkpoint, variables } = models.understand("trained");
    expect([...checkpoint.tensors.keys()]).toContain("y/kernel/Adam");
    expect(variables.map((variable) => variable.key)).toEqual(["y/kernel", "y/bias"]);
  });

  it("know whether they are references or resources, and their type", () => {
    const kinds = (model: string): unknown[] =>
      models.understand(model).variables.map(({ isResource, dataType }: GraphVariable) => [isResource, dataType]);
    expect(kinds("plain")).toEqual([
      [false, 1],
      [false, 1],
    ]);
    expect(kinds("resource")).toEqual([
      [true, 1],
      [true, 1],
    ]);
    expect(kinds("float64_ref")).toEqual([
      [false, 2],
      [false, 2],
    ]);
  });

  it("in parts share the key of the whole and say which part they are", () => {
    const parts = models.understand("partitioned").variables.map(({ key, slice }) => [key, slice]);
    expect(parts).toEqual([
      ["wide/rows", "4 6 0,2:0,6"],
      ["wide/rows", "4 6 2,1:0,6"],
      ["wide/rows", "4 6 3,1:0,6"],
      ["tall/columns", "6 5 0,6:0,3"],
      ["tall/columns", "6 5 0,6:3,2"],
      ["y/kernel", ""],
      ["y/bias", ""],
    ]);
  });
});

describe("a part of a variable", () => {
  it("is read from TensorFlow's words, whole axes written as a dash", () => {
    expect(readSliceSpec("20 4 0,10:-")).toEqual({ fullShape: [20, 4], start: [0, 0], length: [10, 4] });
    expect(readSliceSpec("6 5 0,6:3,2")).toEqual({ fullShape: [6, 5], start: [0, 3], length: [6, 2] });
    expect(readSliceSpec("")).toBeNull();
  });

  it("knows where its elements lie in the whole", () => {
    const part = readSliceSpec("3 4 5 1,2:0,4:2,3");
    if (part === null) throw new Error("no part");
    const expected = [];
    for (let i = 1; i < 3; i++)
      for (let j = 0; j < 4; j++) for (let k = 2; k < 5; k++) expected.push(i * 20 + j * 5 + k);
    expect(expected.map((_, local) => indexInWhole(part, local))).toEqual(expected);
  });
});

describe("a graph of another model", () => {
  it("is refused before TensorFlow starts: variables that the checkpoint does not hold are named", () => {
    const error = errorOf(() => models.understand("renamed", null, "plain"));
    expect(error.code).toBe("FORMAT_INVALID");
    expect(error.message).toMatch(/does not belong to the checkpoint .*: 2 of its 2 variables do not fit\.$/);
    expect(error.detail).toBe("  z/kernel is not in the checkpoint\n  z/bias is not in the checkpoint");
    expect(error.hint).toBe("Take the .meta, .index and .data files from one save of one model.");
  });

  it("of the same names but other sizes is refused with both shapes", () => {
    const error = errorOf(() => models.understand("bigger", null, "plain"));
    expect(error.message).toContain("1 of its 2 variables do not fit");
    expect(error.detail).toBe("  y/kernel is [5, 3] in the graph, [4, 3] in the checkpoint");
  });

  it("of the same names but another type is refused with both types", () => {
    const error = errorOf(() => models.understand("float16_ref", null, "float64_ref"));
    expect(error.detail?.split("\n")[0]).toBe("  y/kernel is float16 in the graph, float64 in the checkpoint");
  });

  it("whose variables are in parts is held against the whole", () => {
    const error = errorOf(() => models.understand("partitioned", null, "trained"));
    expect(error.message).toContain("3 of its 4 variables do not fit");
    expect(error.detail?.split("\n")).toEqual([
      "  wide/rows is not in the checkpoint",
      "  tall/columns is not in the checkpoint",
      "  y/kernel is [5, 3] in the graph, [4, 3] in the checkpoint",
    ]);
  });
});
