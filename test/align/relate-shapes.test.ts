import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layoutForCase, relateShapes, sameSizes } from "../../src/align/relate-shapes.js";
import { SAME_LAYOUT } from "../../src/compare/types.js";

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

describe("parameter shapes", () => {
  it("hold the same sizes when they agree up to order and axes of one", () => {
    expect(sameSizes([1, 64, 192], [192, 64])).toBe(true);
    expect(sameSizes([3, 3, 8, 16], [16, 8, 3, 3])).toBe(true);
    expect(sameSizes([64, 192], [64, 193])).toBe(false);
    expect(sameSizes([4, 4], [2, 8])).toBe(false);
  });
});
