import { beforeAll, describe, expect, it } from "vitest";
import { compareTensors } from "../../src/compare/compare-tensors.js";
import { expectedTransform, transformWeight, weightTransforms } from "../../src/compare/weight-transforms.js";
import { elementCount } from "../../src/formats/dtype.js";
import type { LazyTensor } from "../../src/formats/types.js";
import { runPython } from "../helpers/python.js";
import { float32 } from "./memory-tensor.js";

interface Transposed {
  readonly shape: number[];
  readonly axes: number[];
  readonly turned: number[];
  readonly values: number[];
}

let transposed: Transposed[];
beforeAll(async () => {
  transposed = JSON.parse(await runPython("test/fixtures/compare/transpose.py"));
});

const counting = (shape: readonly number[]): LazyTensor =>
  float32(
    Array.from({ length: elementCount(shape) }, (_, i) => i),
    shape,
  );
const names = (variable: readonly number[], parameter: readonly number[]) =>
  weightTransforms(variable, parameter).map((one) => one.name);
/** The names of the transforms under which `own` equals `variable`. */
const fitting = (variable: LazyTensor, own: LazyTensor) =>
  weightTransforms(variable.shape, own.shape)
    .filter((one) => compareTensors(variable, own, { layout: one.layout }).identical)
    .map((one) => one.name);

describe("transforms against numpy", () => {
  it("each transpose of ranks 1 to 4 is found under the name by which numpy makes it, and no other one fits", () => {
    expect(transposed.length).toBeGreaterThan(60);
    for (const { shape, axes, turned, values } of transposed) {
      const same = axes.every((axis, i) => axis === i);
      const name = same ? "same" : axes.length === 2 ? "transposed" : `permuted(${axes.join(",")})`;
      const found = fitting(counting(shape), float32(values, turned));
      // Only an axis of size 1 may move unseen.
      if (shape.includes(1)) expect(found).toContain(name);
      else expect(found).toEqual([name]);
    }
  });

  it("a transform that is applied gives what numpy's transpose gives", () => {
    for (const { shape, axes, turned, values } of transposed.filter((one) => one.axes.length > 2)) {
      const transform = weightTransforms(shape, turned).find(({ name }) => name === `permuted(${axes.join(",")})`);
      if (transform === undefined) continue;
      const made = transformWeight(counting(shape), transform);
      expect(made.shape).toEqual(turned);
      expect(compareTensors(made, float32(values, turned)).identical).toBe(true);
    }
  });

  it("the identity is the first transform, so that a symmetric kernel is called the same", () => {
    expect(names([3, 3], [3, 3])).toEqual(["same", "transposed"]);
    expect(fitting(float32([1, 2, 2, 5], [2, 2]), float32([1, 2, 2, 5], [2, 2]))).toEqual(["same", "transposed"]);
  });
});

describe("axes of size 1", () => {
  it("GPT-2's [1, in, out] is a matrix for nn.Linear and for Conv1D", () => {
    expect(names([1, 2, 3], [3, 2])).toEqual(["transposed"]);
    expect(names([1, 2, 3], [2, 3])).toEqual(["same"]);
    expect(names([1, 3, 3], [3, 3])).toEqual(["same", "transposed"]);
    const kernel = counting([1, 2, 3]);
    expect(fitting(kernel, float32([0, 3, 1, 4, 2, 5], [3, 2]))).toEqual(["transposed"]);
    expect(fitting(kernel, float32([0, 1, 2, 3, 4, 5], [2, 3]))).toEqual(["same"]);
  });

  it("a kernel with one output or one input is transposed like any other", () => {
    expect(names([1, 5, 1], [1, 5])).toEqual(["transposed"]);
    expect(names([1, 1, 5], [5, 1])).toEqual(["transposed"]);
    expect(names([5, 1], [1, 5])).toEqual(["transposed"]);
  });

  it("a 1×1 convolution is a matrix, a matrix a 1×1 convolution", () => {
    expect(names([1, 1, 2, 3], [3, 2])).toEqual(["transposed"]);
    expect(fitting(counting([2, 3]), float32([0, 3, 1, 4, 2, 5], [1, 1, 3, 2]))).toEqual(["transposed"]);
  });
});

describe("shapes between which there is no transform", () => {
  it.each([
    [
      [2, 3],
      [2, 4],
    ],
    [[2, 3], [6]],
    [
      [2, 2, 3],
      [4, 3],
    ],
    [
      [1, 2, 1, 2, 1, 2],
      [2, 1, 2, 1, 2, 1],
    ],
  ])("%j and %j", (variable, parameter) => {
    expect(weightTransforms(variable, parameter)).toEqual([]);
  });
});

describe("the transform that a module needs", () => {
  it.each([
    ["linear", "a dense kernel", [4, 6], [6, 4], "transposed"],
    ["linear", "a 1×1 convolution of the original", [1, 1, 4, 6], [6, 4], "transposed"],
    ["conv1d", "a dense kernel", [4, 6], [4, 6], "same"],
    ["embedding", "a table", [9, 4], [9, 4], "same"],
    ["conv", "a convolution over time", [3, 4, 6], [6, 4, 3], "permuted(2,1,0)"],
    ["conv", "a convolution over time stored with an axis of 1", [1, 3, 4, 6], [6, 4, 3], "permuted(2,1,0)"],
    ["conv", "an image convolution", [3, 5, 4, 6], [6, 4, 3, 5], "permuted(3,2,0,1)"],
    ["conv", "a grouped one", [3, 5, 2, 6], [6, 2, 3, 5], "permuted(3,2,0,1)"],
    ["conv", "one with a single input channel", [3, 5, 1, 6], [6, 1, 3, 5], "permuted(3,2,0,1)"],
    ["conv", "a dense kernel in a 1×1 convolution", [4, 6], [6, 4, 1, 1], "transposed"],
    ["conv", "a depthwise one", [3, 5, 4, 1], [4, 1, 3, 5], "permuted(2,3,0,1)"],
    ["conv", "a depthwise one with a multiplier", [3, 5, 4, 2], [8, 1, 3, 5], "permuted(2,3,0,1)"],
    ["conv-transpose", "a transposed one", [3, 5, 6, 4], [4, 6, 3, 5], "permuted(3,2,0,1)"],
    ["conv-transpose", "a transposed one over volumes", [2, 3, 5, 6, 4], [4, 6, 2, 3, 5], "permuted(4,3,0,1,2)"],
    ["vector", "a bias", [4], [4], "same"],
  ])("%s for %s is one of those that fit", (layout, _, variable, parameter, expected) => {
    expect(expectedTransform(layout, { variable, parameter })).toBe(expected);
    expect(weightTransforms(variable, parameter).map((one) => one.name)).toContain(expected);
  });

  it("is left to the layer's function where nothing is known of the module", () => {
    expect(expectedTransform("unknown", { variable: [4, 4], parameter: [4, 4] })).toBeNull();
  });

  it("of a depthwise kernel puts output c·multiplier + m where torch's grouped convolution has it", () => {
    const variable = float32([...Array(12).keys()], [1, 2, 3, 2]);
    const [transform] = weightTransforms([1, 2, 3, 2], [6, 1, 1, 2]);
    const turned = new Uint8Array(48);
    if (transform === undefined) throw new Error("no transform");
    transformWeight(variable, transform).read(turned, 0);
    // Element [h, w, c, m] of the variable is 6w + 2c + m; output 2c + m holds it at pixel w.
    expect([...new Float32Array(turned.buffer)]).toEqual([0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
  });

  it("of a convolution is the one that turns [height, width, in, out] into [out, in, height, width]", () => {
    const order = /\((.*)\)/
      .exec(expectedTransform("conv", { variable: [2, 3, 2, 4], parameter: [4, 2, 2, 3] }) ?? "")?.[1]
      ?.split(",")
      .map(Number);
    const row = transposed.find((one) => `${one.shape}` === "2,3,2,4" && `${one.axes}` === `${order}`);
    expect(row?.turned).toEqual([4, 2, 2, 3]);
  });
});
