import { describe, expect, it } from "vitest";
import { tapsUsing, type WeightedReference } from "../../src/align/taps-using.js";
import type { ReferenceUse } from "../../src/align/types.js";
import type { Tap } from "../../src/recording/types.js";

const tap = (id: string, tensor = `${id}:0`): Tap => ({
  id,
  path: id,
  kind: "scope",
  type: "Op",
  call: 1,
  slot: null,
  tensor,
  dtype: "float32",
  shapes: {},
  source: null,
  isOutput: false,
});
const scope = (path: string, ...keys: string[]) => ({ path, tap: path, keys: new Set(keys), ownsKeys: true });
const ONCE = { call: 1, calls: 1, isLookup: false };

/** `conv` adds a bias and a relu to what `conv/Conv2D` gives. */
const reference = (...assigned: string[]): WeightedReference => ({
  tapById: new Map(["conv/Conv2D", "conv"].map((id) => [id, tap(id)])),
  scopes: [scope("conv", "conv/kernel", "conv/bias")],
  uses: new Map<string, readonly ReferenceUse[]>([
    ["conv/kernel", [{ tap: "conv/Conv2D", use: "compute", node: "conv/Conv2D" }]],
    ["conv/bias", [{ tap: "conv", use: "compute", node: "conv/BiasAdd" }]],
  ]),
  assigned: new Set(assigned),
});
const first = (...args: Parameters<typeof tapsUsing>): string | undefined => tapsUsing(...args)[0]?.tap.id;

describe("what a module gives that uses some of the original's variables", () => {
  it("is what the scope of exactly these gives", () => {
    expect(first(reference("conv/kernel", "conv/bias"), ["conv/kernel", "conv/bias"], ONCE)).toBe("conv");
  });

  it("is the whole scope where the module lacks a variable that nobody else has: a bias that was forgotten", () => {
    expect(first(reference("conv/kernel"), ["conv/kernel"], ONCE)).toBe("conv");
  });

  it("is the op where another parameter has the rest, where the module is a bare layer, and where its values say so", () => {
    expect(first(reference("conv/kernel", "conv/bias"), ["conv/kernel"], ONCE)).toBe("conv/Conv2D");
    expect(first(reference("conv/kernel"), ["conv/kernel"], { ...ONCE, isBare: true })).toBe("conv/Conv2D");
    const near = (one: Tap): number => (one.id === "conv/Conv2D" ? 1e-7 : 1);
    expect(first(reference("conv/kernel"), ["conv/kernel"], ONCE, near)).toBe("conv/Conv2D");
  });
});
