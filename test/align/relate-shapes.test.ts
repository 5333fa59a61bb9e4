import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conventionPermutations, LAYOUT_FAMILIES } from "../../src/align/layout-families.js";
import { layoutForCase, layoutOptions, relateShapes, sameSizes } from "../../src/align/relate-shapes.js";
import { applyLayout } from "../../src/compare/apply-layout.js";
import { SAME_LAYOUT } from "../../src/compare/types.js";
import type { LazyTensor } from "../../src/formats/types.js";
import { float32 } from "../compare/memory-tensor.js";

const relate = (from: readonly number[], to: readonly number[]) => relateShapes({ c: from }, { c: to });

describe("shapes that hold the same numbers in the same order", () => {
  it("equal shapes need no layout", () => {
    expect(relate([2, 7, 64], [2, 7, 64])).toEqual(SAME_LAYOUT);
    expect(relate([], [])).toEqual(SAME_LAYOUT);
    expect(relate([0, 3], [0, 3])).toEqual(SAME_LAYOUT);
  });

  it.each([
    [
      [14, 64],
      [2, 7, 64],
    ],
    [
      [2, 7, 64],
      [14, 64],
    ],
    [
      [1, 7, 64],
      [7, 64],
    ],
    [
      [7, 64],
      [1, 7, 1, 64],
    ],
    [
      [2, 7, 1],
      [14, 1],
    ],
    [
      [2, 4, 4, 8],
      [2, 16, 8],
    ],
    [[], [1]],
  ])("%j becomes %j by a reshape", (from, to) => {
    expect(relate(from, to)).toEqual({ permute: null, reshape: to });
  });

  it("a merged tap is reshaped to each case's own shape", () => {
    const layout = relateShapes({ a: [3, 64], b: [14, 64] }, { a: [1, 3, 64], b: [2, 7, 64] });
    expect(layout).toEqual({ permute: null, reshape: [1, 3, 64] });
    expect(layoutForCase(layout ?? SAME_LAYOUT, [2, 7, 64])).toEqual({ permute: null, reshape: [2, 7, 64] });
    expect(layoutForCase(SAME_LAYOUT, [2, 7, 64])).toEqual(SAME_LAYOUT);
  });
});

describe("shapes that need a permutation, or are other tensors", () => {
  it.each([
    ["time-major for batch-major", [2, 7, 64], [7, 2, 64]],
    ["heads and positions exchanged", [2, 4, 7, 16], [2, 7, 4, 16]],
    ["channels first", [2, 8, 8, 3], [2, 3, 8, 8]],
    ["a transposed matrix", [7, 64], [64, 7]],
    ["heads joined with their width", [2, 7, 4, 16], [2, 7, 64]],
    ["other axes of the same product", [4, 6, 8], [3, 8, 8]],
    ["another number of elements", [2, 7, 64], [2, 8, 64]],
    ["empty tensors of other shapes", [0, 3], [3, 0]],
  ])("%s is no pair", (_, from, to) => {
    expect(relate(from as number[], to as number[])).toBeNull();
  });

  it("one case that disagrees is enough: with a batch of one a permutation looks like a reshape", () => {
    expect(relate([1, 7, 64], [7, 1, 64])).not.toBeNull();
    expect(relateShapes({ a: [1, 7, 64], b: [2, 7, 64] }, { a: [7, 1, 64], b: [7, 2, 64] })).toBeNull();
  });

  it("taps that never occur in the same case are no pair; cases of one side only are left out", () => {
    expect(relateShapes({ a: [2] }, { b: [2] })).toBeNull();
    expect(relateShapes({ a: [2], c: [9] }, { a: [2], b: [3] })).toEqual(SAME_LAYOUT);
  });

  it("a permutation that moves data is never accepted, whatever the shape", () => {
    const shape = fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(shape, fc.nat(), (sizes, by) => {
        const turn = 1 + (by % (sizes.length - 1));
        const turned = [...sizes.slice(turn), ...sizes.slice(0, turn)];
        // Same sizes in another order: only the order tells, and it must.
        fc.pre(turned.some((size, i) => size !== sizes[i]));
        expect(relate(sizes, turned)).toBeNull();
      }),
    );
  });
});

describe("conventions that a model follows", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 5 });
  const conventions = fc.constantFrom("channels" as const, "time" as const);
  /** The shape that numpy's transpose would give. */
  const turn = (shape: readonly number[], permute: readonly number[]) => permute.map((axis) => shape[axis] ?? 1);

  it("lead back: what a convention does to any tensor is undone by the same convention the other way round", () => {
    fc.assert(
      fc.property(sizes, conventions, fc.nat(), fc.boolean(), (shape, family, which, merged) => {
        const permutations = conventionPermutations(family).filter((one) => one.length === shape.length);
        const permute = permutations[which % Math.max(1, permutations.length)];
        fc.pre(permute !== undefined);
        const turned = turn(shape, permute ?? []);
        // Time-major tensors are also met merged, [time · batch, channels] beside [batch, time, channels].
        const other = merged && family === "time" ? [(turned[0] ?? 1) * (turned[1] ?? 1), turned[2] ?? 1] : turned;
        const count = shape.reduce((a, b) => a * b, 1);
        const tensor = float32([...Array(count).keys()], shape);
        const [there] = layoutOptions({ c: shape }, { c: other }, [family]);
        fc.pre(there !== undefined);
        const over = applyLayout(tensor, layoutForCase(there?.layout ?? SAME_LAYOUT, other));
        const back = layoutOptions({ c: other }, { c: shape }, [family, "channels-back"]).map((option) =>
          bytesOf(applyLayout(over, layoutForCase(option.layout, shape))),
        );
        expect(back).toContainEqual(bytesOf(tensor));
      }),
    );
  });

  it.each([
    ["images", [2, 5, 7, 3], [2, 3, 5, 7], { permute: [0, 3, 1, 2], reshape: null }],
    ["volumes", [2, 4, 5, 6, 3], [2, 3, 4, 5, 6], { permute: [0, 4, 1, 2, 3], reshape: null }],
    ["sequences", [2, 5, 3], [2, 3, 5], { permute: [0, 2, 1], reshape: null }],
    ["images whose pixels are merged", [2, 5, 7, 3], [2, 3, 35], { permute: [0, 3, 1, 2], reshape: [2, 3, 35] }],
    ["merged pixels of images", [2, 35, 3], [2, 3, 5, 7], { permute: [0, 2, 1], reshape: [2, 3, 5, 7] }],
    ["images without a batch", [1, 5, 7, 3], [3, 5, 7], { permute: [0, 3, 1, 2], reshape: [3, 5, 7] }],
  ])("%s turn channels-first", (_, from, to, layout) => {
    expect(relateShapes({ c: from }, { c: to }, ["same", "channels"])).toEqual(layout);
  });

  it("batch and time that the original keeps merged are split before they are exchanged, in each case's own sizes", () => {
    const layout = relateShapes({ a: [21, 8], b: [10, 8] }, { a: [7, 3, 8], b: [5, 2, 8] }, ["time"]);
    expect(layout).toEqual({ reshapeFirst: [3, 7, 8], permute: [1, 0, 2], reshape: null });
    expect(layoutForCase(layout ?? SAME_LAYOUT, [5, 2, 8]).reshapeFirst).toEqual([2, 5, 8]);
  });

  it.each([
    ["height and width exchanged", [2, 5, 7, 3], [2, 7, 5, 3]],
    ["channels first and height and width exchanged", [2, 5, 7, 3], [2, 3, 7, 5]],
    ["heads and positions exchanged", [2, 4, 7, 16], [2, 7, 4, 16]],
    ["channels merged with pixels", [2, 5, 7, 3], [2, 21, 5]],
    ["a transposed matrix", [7, 64], [64, 7]],
  ])("%s is no convention", (_, from, to) => {
    expect(relateShapes({ c: from }, { c: to }, LAYOUT_FAMILIES)).toBeNull();
  });

  it("a pooled image says nothing of the order of axes: its only layout moves no data", () => {
    expect(layoutOptions({ c: [2, 1, 1, 3] }, { c: [2, 3, 1, 1] }, ["same", "channels"])).toEqual([
      { family: "same", layout: { permute: null, reshape: [2, 3, 1, 1] }, neutral: true },
    ]);
  });
});

describe("parameter shapes", () => {
  it("hold the same sizes when they agree up to order and axes of one", () => {
    expect(sameSizes([1, 64, 192], [192, 64])).toBe(true);
    expect(sameSizes([3, 3, 8, 16], [16, 8, 3, 3])).toBe(true);
    expect(sameSizes([64, 192], [64, 193])).toBe(false);
    expect(sameSizes([4, 4], [2, 8])).toBe(false);
    // A depthwise kernel with a multiplier: its channels are merged on torch's side.
    expect(sameSizes([3, 3, 8, 2], [16, 1, 3, 3])).toBe(true);
    expect(sameSizes([3, 3, 8, 2], [8, 2, 3, 3])).toBe(true);
    expect(sameSizes([3, 3, 8, 2], [16, 1, 9, 1])).toBe(false);
  });
});

function bytesOf(tensor: LazyTensor): number[] {
  const bytes = new Uint8Array(tensor.byteLength);
  tensor.read(bytes, 0);
  return [...new Float32Array(bytes.buffer)];
}
