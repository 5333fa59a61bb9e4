import { describe, expect, it } from "vitest";
import type { ErrorUnder } from "../../src/align/conventions.js";
import { align, moduleTap, scopeTap } from "./taps.js";

const FIRST = { permute: [0, 3, 1, 2], reshape: null };
const SAME = { permute: null, reshape: null };
const conv = (id: string, shape: readonly number[]) => moduleTap(id, shape, { type: "Conv2d" });
const layouts = (result: ReturnType<typeof align>) =>
  Object.fromEntries(result.pairs.map((pair) => [pair.candidate, pair.layout]));
/** Values that agree under one permutation and under no other. */
const agreesUnder =
  (permute: readonly number[] | null): ErrorUnder =>
  (_, __, layout) =>
    `${layout.permute}` === `${permute}` ? 1e-7 : 1.4;

describe("the order of axes of a model", () => {
  it("of square images with as many channels follows from the other convolutions of the model", () => {
    const reference = [scopeTap("a", [2, 8, 6, 4]), scopeTap("b", [2, 4, 4, 4]), scopeTap("c", [2, 4, 4, 4])];
    const candidate = [
      conv("a", [2, 4, 8, 6]),
      conv("b", [2, 4, 4, 4]),
      moduleTap("c", [2, 4, 4, 4], { type: "Block" }),
    ];
    const result = align({ reference, candidate });
    expect(layouts(result)).toEqual({ a: FIRST, b: FIRST, c: FIRST });
    expect(result.pairs.every((pair) => pair.confidence === 1)).toBe(true);
  });

  it("is channels-first for torch's convolutions also where every tensor is a cube and a fault hides all values", () => {
    const reference = [scopeTap("a", [2, 4, 4, 4]), scopeTap("b", [2, 4, 4, 4])];
    const candidate = [conv("a", [2, 4, 4, 4]), moduleTap("b", [2, 4, 4, 4], { type: "Block" })];
    expect(layouts(align({ reference, candidate, errorUnder: () => 1.4 }))).toEqual({ a: FIRST, b: FIRST });
  });

  it("is the original's own where its convolutions are channels-first already", () => {
    const reference = [scopeTap("a", [2, 4, 8, 6]), scopeTap("b", [2, 4, 4, 4])];
    const candidate = [conv("a", [2, 4, 8, 6]), conv("b", [2, 4, 4, 4])];
    expect(layouts(align({ reference, candidate }))).toEqual({ a: SAME, b: SAME });
  });

  it("is told by values where neither shapes nor modules tell", () => {
    const reference = [scopeTap("a", [2, 5, 5])];
    const candidate = [moduleTap("a", [2, 5, 5], { type: "Block" })];
    expect(layouts(align({ reference, candidate, errorUnder: agreesUnder([0, 2, 1]) }))).toEqual({
      a: { permute: [0, 2, 1], reshape: null },
    });
    expect(layouts(align({ reference, candidate, errorUnder: agreesUnder(null) }))).toEqual({ a: SAME });
  });

  it("differs between parts: dense layers stay as they are between convolutions of the same rank", () => {
    const reference = ["a", "b", "c"].map((id) => scopeTap(id, [2, 5, 5]));
    const candidate = [
      moduleTap("a", [2, 5, 5], { type: "Conv1d" }),
      moduleTap("b", [2, 5, 5], { type: "Linear" }),
      moduleTap("c", [2, 5, 5], { type: "BatchNorm1d" }),
    ];
    const turned = { permute: [0, 2, 1], reshape: null };
    expect(layouts(align({ reference, candidate }))).toEqual({ a: turned, b: SAME, c: turned });
  });

  it("is not bent to one tensor: a module against the order of its like must be borne out by its values", () => {
    const reference = ["a", "b", "c"].map((id) => scopeTap(id, [2, 7, 64]));
    const candidate = [moduleTap("a", [2, 7, 64]), moduleTap("b", [2, 7, 64]), moduleTap("c", [7, 2, 64])];
    const [a, , c] = align({ reference, candidate }).pairs;
    expect(a?.confidence).toBe(1);
    expect(c?.layout.permute).toEqual([1, 0, 2]);
    expect(c?.confidence).toBeLessThan(0.9);
  });

  it("with flattened features in the other order is found by values, and is no pair to rely on behind a fault", () => {
    const reference = [scopeTap("conv", [2, 3, 5, 4]), scopeTap("flatten", [2, 60])];
    const candidate = [conv("conv", [2, 4, 3, 5]), moduleTap("flatten", [2, 60], { type: "Flatten" })];
    const flattened: ErrorUnder = (_, __, layout) => (layout.reshapeFirst ? 1e-7 : 1.4);
    expect(layouts(align({ reference, candidate, errorUnder: flattened })).flatten).toEqual({
      reshapeFirst: [2, 3, 5, 4],
      permute: [0, 3, 1, 2],
      reshape: [2, 60],
    });
    const behind = align({ reference, candidate, errorUnder: () => 1.4 }).pairs.find((pair) => pair.id === "flatten");
    expect(behind?.confidence).toBeLessThan(0.9);
  });
});

describe("a scope that ends in an activation", () => {
  const reference = [scopeTap("dense/add", [2, 16], { kind: "weighted-op" }), scopeTap("dense", [2, 16])];
  const uses = new Map([["dense/bias", [{ tap: "dense/add", use: "compute" as const, node: "dense/add" }]]]);
  const weights = [{ parameter: "dense.bias", key: "dense/bias", matchedBy: "name" as const }];
  const partner = (type: string, errorUnder?: ErrorUnder) =>
    align({
      reference,
      candidate: [moduleTap("dense", [2, 16], { type })],
      modules: [{ path: "dense", type, parameters: ["dense.bias"] }],
      uses,
      weights,
      ...(errorUnder === undefined ? {} : { errorUnder }),
    }).pairs[0]?.reference;
  const only =
    (id: string): ErrorUnder =>
    (tap) =>
      tap.id === id ? 1e-7 : 0.7;

  it("is not what a plain layer gives, also behind a fault", () => {
    expect(partner("Linear")).toBe("dense/add");
    expect(partner("Linear", () => 1.4)).toBe("dense/add");
    expect(partner("Block")).toBe("dense");
  });

  it("is told from its op by values, whatever the module is called", () => {
    expect(partner("Block", only("dense/add"))).toBe("dense/add");
    expect(partner("Linear", only("dense"))).toBe("dense");
  });
});
