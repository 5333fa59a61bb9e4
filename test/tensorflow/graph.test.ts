import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeDef } from "../../src/formats/tf-proto/types.js";
import { makeNode } from "../../src/tensorflow/constant.js";
import { findConditionalOps } from "../../src/tensorflow/control-flow.js";
import { ancestorsOf, descendantsOf, indexGraph, parseTensorName, tensorName } from "../../src/tensorflow/graph.js";
import { errorOf, writeModels } from "./originals.js";

const models = writeModels("loops.py");

describe("names of tensors", () => {
  it.each([
    ["a/b", { node: "a/b", slot: 0, control: false }],
    ["a/b:3", { node: "a/b", slot: 3, control: false }],
    ["^a/b", { node: "a/b", slot: -1, control: true }],
  ])("%s is read as TensorFlow means it", (name, expected) => {
    expect(parseTensorName(name)).toEqual(expected);
    if (!expected.control) expect(parseTensorName(tensorName(expected))).toEqual(expected);
  });
});

/** A random graph without cycles, its ops in a random order of the file, some edges control edges. */
const dags = fc
  .array(fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 4 }), { minLength: 1, maxLength: 30 })
  .chain((edges) => {
    const nodes: NodeDef[] = edges.map((inputs, i) => {
      const read = i === 0 ? [] : inputs.map(([from, control]) => `${control ? "^" : ""}n${from % i}`);
      return makeNode(
        `n${i}`,
        "Op",
        [...read].sort((a, b) => Number(a.startsWith("^")) - Number(b.startsWith("^"))),
      );
    });
    return fc.record({
      nodes: fc.constant(nodes),
      shuffled: fc.shuffledSubarray(nodes, { minLength: nodes.length, maxLength: nodes.length }),
    });
  });

const readBy = (node: NodeDef): string[] => node.input.map((name) => parseTensorName(name).node);

describe("the order of ops", () => {
  it("puts every op after all that it reads or waits for, whatever the file's order", () => {
    fc.assert(
      fc.property(dags, ({ shuffled }) => {
        const { position } = indexGraph(shuffled, "x.meta");
        expect([...position.values()].sort((a, b) => a - b)).toEqual(shuffled.map((_, i) => i));
        for (const node of shuffled)
          for (const input of readBy(node)) expect(position.get(input)).toBeLessThan(position.get(node.name) ?? -1);
      }),
    );
  });

  it("is the file's own order where that is a valid one, so that taps come in the order the user built them", () => {
    fc.assert(
      fc.property(dags, ({ nodes }) => {
        expect([...indexGraph(nodes, "x.meta").position.keys()]).toEqual(nodes.map((node) => node.name));
      }),
    );
  });

  it("survives a chain of 100,000 ops without running out of stack", () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => makeNode(`n${i}`, "Op", i === 0 ? [] : [`n${i - 1}`]));
    const graph = indexGraph(nodes.reverse(), "x.meta");
    expect(graph.position.get("n99999")).toBe(99_999);
    expect(ancestorsOf(graph, ["n99999"]).size).toBe(100_000);
  });
});

describe("what comes before and after an op", () => {
  it("agrees with following single edges: control edges lead back, but carry no data forward", () => {
    fc.assert(
      fc.property(dags, fc.nat(), ({ nodes }, pick) => {
        const graph = indexGraph(nodes, "x.meta");
        const root = `n${pick % nodes.length}`;
        const before = new Set([root]);
        for (const node of [...nodes].reverse())
          if (before.has(node.name)) for (const input of readBy(node)) before.add(input);
        expect(ancestorsOf(graph, [root])).toEqual(before);
        const after = new Set([root]);
        for (const node of nodes)
          if (node.input.some((name) => !name.startsWith("^") && after.has(name))) after.add(node.name);
        expect(descendantsOf(graph, [root])).toEqual(after);
      }),
    );
  });

  it("knows which output of an op each reader takes, and through which of its inputs", () => {
    const nodes = [makeNode("split", "Split", []), makeNode("sum", "AddN", ["split:1", "split", "split:1", "^split"])];
    const graph = indexGraph(nodes, "x.meta");
    expect(graph.consumers.get("split")).toEqual([
      { node: "sum", input: 0, slot: 1 },
      { node: "sum", input: 1, slot: 0 },
      { node: "sum", input: 2, slot: 1 },
    ]);
    expect(graph.controlInputs.get("sum")).toEqual(["split"]);
  });
});

it("a graph that reads an op it does not hold is refused by the name of both", () => {
  const error = errorOf(() => indexGraph([makeNode("a/add", "Add", ["gone:1"])], "cut.meta"));
  expect(error).toMatchObject({ code: "FORMAT_INVALID", hint: expect.stringContaining("export it again") });
  expect(error.message).toBe("The op a/add reads gone:1, which the graph does not hold.");
  expect(errorOf(() => indexGraph([makeNode("a", "NoOp", ["^gone"])], "cut.meta")).message).toContain("^gone");
});

describe("a loop of TensorFlow 1", () => {
  it("that is none, two ops that read each other in a damaged file, does not hang the reading either", () => {
    const graph = indexGraph([makeNode("a", "Op", ["b"]), makeNode("b", "Op", ["a"])], "x.meta");
    expect([...graph.position.keys()].sort()).toEqual(["a", "b"]);
    expect(findConditionalOps(graph)).toEqual(new Set());
  });

  it("does not hang the reading of its graph, and its back edge alone runs against the order", () => {
    const graph = models.graphOf("loop");
    const against = [...graph.nodes.values()].filter((node) =>
      readBy(node).some((input) => (graph.position.get(input) ?? 0) > (graph.position.get(node.name) ?? 0)),
    );
    expect(against.length).toBeGreaterThan(0);
    expect(new Set(against.map((node) => node.op))).toEqual(new Set(["Merge"]));
    expect(ancestorsOf(graph, ["head/BiasAdd"])).toContain("recurrent/while/NextIteration_1");
    expect(descendantsOf(graph, ["x"])).toContain("head/BiasAdd");
    // A control edge: needed to run, but no data comes from it.
    expect(ancestorsOf(graph, ["head/BiasAdd"])).toContain("waits_for_me");
    expect(descendantsOf(graph, ["waits_for_me"])).toEqual(new Set(["waits_for_me"]));
  });

  it("keeps what is computed inside from being asked for, and what comes out of it not", () => {
    const inside = findConditionalOps(models.graphOf("loop"));
    expect([...inside].filter((name) => !name.startsWith("recurrent/while/"))).toEqual([]);
    expect(inside).toContain("recurrent/while/turn");
    expect(inside).toContain("recurrent/while/Less");
    for (const name of ["recurrent/while/Exit", "recurrent/while/Exit_1", "head/MatMul"])
      expect(inside).not.toContain(name);
  });

  it("in a conditional, with another conditional inside, is left at the right place", () => {
    const inside = findConditionalOps(models.graphOf("nested"));
    for (const name of ["outer/relu", "outer/inner/Exit_1", "outer/inner/cond/even", "outer/inner/cond/Merge"])
      expect(inside, name).toContain(name);
    for (const name of ["outer/Merge", "after", "head/MatMul", "head/BiasAdd", "x"])
      expect(inside, name).not.toContain(name);
  });
});
