import { describe, expect, it } from "vitest";
import { describeFresh } from "../../src/check/describe-fresh.js";
import { mapInputs } from "../../src/check/map-inputs.js";
import { sketchTensor } from "../../src/compare/sketch.js";
import { ParityError } from "../../src/errors.js";
import type { CandidateDescription } from "../../src/runners/candidate.js";
import { float32 } from "../compare/memory-tensor.js";

describe("values that look freshly initialised", () => {
  const fresh = (values: readonly number[]) => describeFresh(sketchTensor(float32(values)));
  const spread = (n: number, f: (x: number) => number) => Array.from({ length: n }, (_, i) => f((i + 0.5) / n));

  it("are told by what a framework fills tensors with", () => {
    expect(fresh([0, 0, 0])).toBe("all zeros");
    expect(fresh([1, 1])).toBe("all ones");
    expect(fresh([0.5, 0.5])).toBe("all 0.5");
    expect(fresh(spread(256, (x) => 0.2 * x - 0.1))).toBe("uniform within ±0.10");
    expect(fresh(spread(256, (x) => 0.02 * Math.log(x / (1 - x))))).toMatch(/^mean 0, standard deviation 0\.03/);
  });

  it("are not seen in few values, in values with a mean, or in NaN", () => {
    expect(fresh([0.1, -0.2, 0.3])).toBeNull();
    expect(fresh(spread(256, (x) => 1 + 0.2 * x))).toBeNull();
    expect(fresh([Number.NaN, Number.NaN])).toBeNull();
    expect(fresh([0, 0, Number.POSITIVE_INFINITY])).toBeNull();
    expect(fresh([0.3])).toBeNull();
    expect(fresh([])).toBeNull();
  });
});

describe("which input of the port takes which input of the original", () => {
  const takes = (...inputs: string[]): CandidateDescription => ({
    inputs: inputs.map((name) => ({ name: name.replace("?", ""), required: !name.endsWith("?") })),
    modules: [],
    parameters: [],
    warnings: [],
  });
  const has = (...names: string[]) =>
    names.map((name) => ({ name, dtype: "int32", shape: [null] })) as unknown as Parameters<typeof mapInputs>[0];
  const mapped = (names: string[], inputs: string[], map: Record<string, string> = {}) =>
    Object.fromEntries([...mapInputs(has(...names), takes(...inputs), map)].map(([name, to]) => [name, to.parameter]));

  it("goes by the map, then by name, then by order", () => {
    expect(mapped(["X", "mask"], ["mask", "tokens"])).toEqual({ X: "tokens", mask: "mask" });
    expect(mapped(["scope/input_ids"], ["other?", "input_ids"])).toEqual({ "scope/input_ids": "input_ids" });
    expect(mapped(["a", "b"], ["x", "y"])).toEqual({ a: "x", b: "y" });
    expect(mapped(["a", "b"], ["x", "y"], { a: "y" })).toEqual({ a: "y", b: "x" });
  });

  it("an exact name is not taken by an input whose name only means the same", () => {
    expect(mapped(["Q", "query"], ["query", "x"])).toEqual({ Q: "x", query: "query" });
  });

  it("a name of wrappers only means nothing", () => {
    expect(mapped(["encoder", "b"], ["b", "model"])).toEqual({ encoder: "model", b: "b" });
    expect(mapped(["model", "b"], ["x", "decoder"])).toEqual({ model: "x", b: "decoder" });
  });

  it.each([
    ["an input of the original that nothing takes", ["a", "b"], ["x"], {}, "nothing takes b"],
    ["an input of the port that the original has not", ["a"], ["x", "y"], {}, "needs y"],
    ["a map to an input that is not there", ["a"], ["tokens"], { a: "tokns" }, "gives the input a to tokns"],
    ["a map of two inputs to one", ["a", "b"], ["x", "y"], { a: "x", b: "x" }, "both a and b to x"],
  ])("%s is an error that names it", (_, names, inputs, map, message) => {
    const act = () => mapped(names, inputs, map);
    expect(act).toThrow(ParityError);
    expect(act).toThrow(message);
  });

  it("an input of the port with a default may stay unfed", () => {
    expect(mapped(["a"], ["x", "cache?"])).toEqual({ a: "x" });
  });
});
