import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allows, fitOpenAxes, fitsLimits, nearestAllowed } from "../../src/inputs/axis-limits.js";
import { generateCases } from "../../src/inputs/generate-cases.js";
import type { InputSignature } from "../../src/inputs/types.js";

const limit = fc
  .record({
    first: fc.integer({ min: 0, max: 9 }),
    more: fc.integer({ min: 0, max: 9 }),
    step: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ first, more, step }) => ({ least: first * step, most: (first + more) * step, step }));

describe("sizes that a program allows", () => {
  it("the nearest allowed size is allowed, and no allowed one is nearer", () => {
    fc.assert(
      fc.property(limit, fc.integer({ min: 1, max: 80 }), (one, wanted) => {
        const found = nearestAllowed(one, wanted);
        expect(allows(one, found)).toBe(true);
        for (let size = Math.max(1, one.least); size <= one.most; size++)
          if (allows(one, size)) expect(Math.abs(found - wanted)).toBeLessThanOrEqual(Math.abs(size - wanted));
      }),
    );
  });

  it("only axes that the original leaves open are changed", () => {
    const seven = { least: 7, most: 7, step: 1 };
    expect(fitOpenAxes([1, 3, 5], [null, 3, null], [seven, seven, seven])).toEqual([7, 3, 7]);
    expect(fitOpenAxes([1, 3], null, undefined)).toEqual([1, 3]);
    expect(fitsLimits([7, 7], [seven, seven])).toBe(true);
    expect(fitsLimits([7], [seven, seven])).toBe(false);
  });

  it("generated cases take them, and cases that come to the same shape are one", () => {
    const ids: InputSignature = {
      name: "ids",
      dtype: "int32",
      shape: [null, null],
      role: "token-ids",
      vocabularySize: 50,
      contextLength: 64,
    };
    const shapes = (least: number, most: number | null): number[][] =>
      generateCases([ids], {
        seed: 0,
        limits: new Map([
          [
            "ids",
            [
              { least: 1, most: 2, step: 1 },
              { least, most, step: 1 },
            ],
          ],
        ]),
      }).map((one) => one.inputs[0]?.shape ?? []);
    expect(shapes(0, 16)).toEqual([
      [1, 1],
      [2, 7],
      [1, 16],
    ]);
    expect(shapes(7, 7)).toEqual([
      [1, 7],
      [2, 7],
    ]);
  });
});
