import { describe, expect, it } from "vitest";
import { describeInputCoverage } from "../../src/check/describe-input-coverage.js";
import { describeTrainingCoverage } from "../../src/check/describe-training-coverage.js";
import { findConstantParameters } from "../../src/check/find-constant-parameters.js";
import type { Sides } from "../../src/check/run-sides.js";
import type { InputSignature, InputTensor } from "../../src/inputs/types.js";
import { float32 } from "../compare/memory-tensor.js";
import { fact } from "../diagnose/facts.js";

const input = (name: string, shape: number[], values?: readonly number[]): InputTensor => {
  const count = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from(values ?? Array.from({ length: count }, (_, i) => i));
  return { name, dtype: "float32", shape, data: new Uint8Array(data.buffer) };
};
const cases = (...all: readonly (readonly InputTensor[])[]) => all.map((inputs) => ({ inputs: [...inputs] }));
const signature = (name: string, shape: (number | null)[], role: InputSignature["role"] = "other") => ({
  name,
  shape,
  role,
});
const ids = signature("ids", [null, null], "token-ids");
const image = signature("image", [null, null, null, 3]);

describe("what the cases left out", () => {
  it("a mask that hid nothing in any case: padded rows were never fed", () => {
    const full = [1, 1, 1, 1];
    const unpadded = cases([input("ids", [2, 2]), input("attention_mask", [2, 2], full)], [input("ids", [2, 3])]);
    expect(describeInputCoverage(unpadded, [ids], [])).toEqual([
      "padded rows: attention_mask never hid anything, all values were the same in every case",
    ]);
    const padded = cases([input("ids", [2, 2]), input("attention_mask", [2, 2], [1, 1, 1, 0])], [input("ids", [2, 3])]);
    expect(describeInputCoverage(padded, [ids], [])).toEqual([]);
  });

  it("sizes of the other parity, but only where something strides and only when all sizes are of one", () => {
    const even = cases([input("image", [2, 8, 8, 3])], [input("image", [2, 6, 10, 3])]);
    expect(describeInputCoverage(even, [image], ["conv1/Conv2D"])).toEqual([
      "odd sizes: only even ones were run (6, 8, 10), and conv1/Conv2D with a stride over 1 may be padded differently there",
    ]);
    expect(
      describeInputCoverage(cases([input("image", [2, 7, 9, 3])], [input("image", [2, 5, 5, 3])]), [image], ["c"])[0],
    ).toMatch(/^even sizes: only odd ones were run \(5, 7, 9\)/);
    expect(describeInputCoverage(even, [image], [])).toEqual([]);
    expect(
      describeInputCoverage(cases([input("image", [2, 8, 9, 3])], [input("image", [2, 6, 6, 3])]), [image], ["c"]),
    ).toEqual([]);
  });

  it("sequences of length 1 only, or of one length; sizes that the original fixes are not told", () => {
    expect(describeInputCoverage(cases([input("ids", [2, 1])]), [ids], [])).toEqual([
      "later positions: only inputs of length 1 were run, in which masks, recurrence and attention do nothing",
    ]);
    expect(describeInputCoverage(cases([input("ids", [2, 7])]), [ids], [])).toEqual([
      "other lengths: only inputs of length 7 were run",
    ]);
    expect(describeInputCoverage(cases([input("x", [2, 6])]), [signature("x", [null, 6])], [])).toEqual([]);
  });

  it("batches of one only", () => {
    expect(describeInputCoverage(cases([input("ids", [1, 3])], [input("ids", [1, 4])]), [ids], [])).toEqual([
      "only batches of one were run",
    ]);
  });
});

describe("parameters whose order nobody could see", () => {
  const sidesOf = (values: Readonly<Record<string, readonly number[]>>) => ({
    weighed: {
      facts: Object.keys(values).map((name) => fact(name, { key: name, shape: [values[name]?.length ?? 0] })),
    } as unknown as Sides["weighed"],
    original: {
      checkpoint: {
        tensors: new Map(Object.entries(values).map(([name, one]) => [name, float32(one, [one.length], name)])),
      },
    } as unknown as Sides["original"],
  });

  it("are vectors of one value over and over; a single number has no order, and a trained bias has one", () => {
    expect(findConstantParameters(sidesOf({ zeros: [0, 0, 0], ones: [1, 1], one: [5], bias: [0, 1e-9, 0] }))).toEqual([
      "zeros",
      "ones",
    ]);
  });
});

describe("what only training shows", () => {
  const module = (path: string, name: string, training = false) => ({ path, class: name, training });

  it("momentum of batch norms and rates of dropouts, with their names and number, and nothing of modules that are not there", () => {
    const [norms, dropouts, always] = describeTrainingCoverage([
      module("bn1", "BatchNorm2d"),
      module("bn2", "SyncBatchNorm"),
      module("drop", "Dropout"),
      module("path", "DropPath"),
      module("fc", "Linear"),
    ]);
    expect(norms).toBe(
      "momentum and the updating of statistics in 2 batch norms (bn1, bn2): inference reads the stored statistics only",
    );
    expect(dropouts).toBe("rates in 2 dropouts (drop, path): dropout does nothing in inference");
    expect(always).toMatch(/^training: /);
    expect(describeTrainingCoverage([module("fc", "Linear")])).toEqual([always]);
  });

  it("a dropout that is in training mode was observed", () => {
    expect(describeTrainingCoverage([module("drop", "Dropout", true)])).toHaveLength(1);
  });
});
