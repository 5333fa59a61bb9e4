import { describe, expect, it } from "vitest";
import { viewGraph } from "../../src/onnx/graph.js";
import { isNarrowWithin } from "../../src/onnx/narrow.js";
import { makeVariant } from "../../src/onnx/variant.js";
import { graph, node, weight } from "./graphs.js";

const view = viewGraph(
  graph(
    [
      node("Mul", "x w1", "a"),
      node("Add", "a w2", "b"),
      node("Add", "b a", "c"),
      node("Mul", "x w3", "unused"),
      node("Relu", "c", "y"),
    ],
    [weight("w1", 2), weight("w2", 2), weight("w3", 2)],
    ["x"],
    ["y"],
  ),
);

describe("a variant of a graph", () => {
  it("holds what gives the wanted tensors, and nothing else", () => {
    const variant = makeVariant(view, { wanted: ["b"], replaced: new Map(), edited: new Map() });
    expect(variant.nodes.map((one) => one.outputs[0])).toEqual(["a", "b"]);
    expect(variant.initializers.map((one) => one.name)).toEqual(["w1", "w2"]);
    expect([...variant.inputs.keys()]).toEqual(["x"]);
  });

  it("feeds all readers of a replaced tensor, and still computes and records it", () => {
    const variant = makeVariant(view, { wanted: ["a", "c"], replaced: new Map([["a", "float32"]]), edited: new Map() });
    expect(variant.nodes.map((one) => [one.inputs, one.outputs])).toEqual([
      [["x", "w1"], ["parity/computed/a"]],
      [["a", "w2"], ["b"]],
      [["b", "a"], ["c"]],
    ]);
    expect([...variant.inputs.keys()]).toEqual(["x", "a"]);
    expect(Object.fromEntries(variant.outputs)).toEqual({ a: "parity/computed/a", c: "c" });
  });

  it("does not compute what lies behind a replaced tensor that nobody wants", () => {
    const variant = makeVariant(view, { wanted: ["y"], replaced: new Map([["c", "float32"]]), edited: new Map() });
    expect(variant.nodes.map((one) => one.opType)).toEqual(["Relu"]);
    expect([...variant.inputs]).toEqual([["c", 1]]);
  });

  it("holds edited weights instead of the file's", () => {
    const other = { ...weight("w1", 2), offset: 77 };
    const variant = makeVariant(view, { wanted: ["a"], replaced: new Map(), edited: new Map([["w1", other]]) });
    expect(variant.initializers).toEqual([other]);
  });
});

describe("a layer that computes in 16 bits", () => {
  const narrow = viewGraph(
    graph(
      [
        node("Cast", "x", "h", { ints: { to: 10 } }),
        node("Relu", "h", "r"),
        node("Cast", "r", "a", { ints: { to: 1 } }),
        node("Tanh", "a", "y"),
      ],
      [],
      ["x"],
      ["y"],
    ),
  );

  it("is known where it hides between tensors of 32 bits, and not behind one that is replaced", () => {
    expect(isNarrowWithin(narrow, "a", new Map())).toBe(true);
    expect(isNarrowWithin(narrow, "y", new Map([["a", "float32"]]))).toBe(false);
    expect(isNarrowWithin(narrow, "r", new Map())).toBe(false);
  });
});
