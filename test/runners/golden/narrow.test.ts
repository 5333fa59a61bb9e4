import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dither, mostLost, narrow, widen } from "../../../src/runners/golden/narrow.js";

/**
 * By type: the largest relative error of rounding to nearest, half a unit in the last place (11 and 8 significant bits); half the
 * distance between subnormal numbers (2^-24 and 2^-133 apart); the spacing on [1, 2).
 */
const TYPES = [
  { type: "float16", halfUlp: 2 ** -11, subnormal: 2 ** -25, spacing: 2 ** -10 },
  { type: "bfloat16", halfUlp: 2 ** -8, subnormal: 2 ** -134, spacing: 2 ** -7 },
] as const;

const values = fc
  .float32Array({ noNaN: true, noDefaultInfinity: true, min: -60000, max: 60000, maxLength: 40 })
  // One number in the range of float16, so that the others may be as small as they like.
  .map((array) => Float32Array.of(60000, ...array));

describe.each(TYPES)("hidden states in $type", ({ type, halfUlp, subnormal, spacing }) => {
  it("lose at most half a unit in the last place of what is stored", () => {
    expect(mostLost(type)).toBe(halfUlp);
    fc.assert(
      fc.property(values, (data) => {
        const stored = narrow(data, type);
        if (stored === null) throw new Error("all of it is in the range of float16");
        widen(stored, type).forEach((value, i) => {
          const original = data[i] ?? 0;
          expect(Math.abs(value - original)).toBeLessThanOrEqual(Math.max(Math.abs(original) * halfUlp, subnormal));
        });
      }),
    );
  });

  it("are dithered by no more than was lost, around the stored value, the same each time", () => {
    fc.assert(
      fc.property(values, fc.integer(), (data, seed) => {
        const stored = widen(narrow(data, type) ?? new Uint16Array(data.length), type);
        const moved = dither(stored, type, seed);
        expect(dither(stored, type, seed)).toEqual(moved);
        moved.forEach((value, i) => {
          const centre = stored[i] ?? 0;
          // The spacing at a number is at most two half units of it, and half of it may go either way; float32 rounds once more.
          const limit = Math.max(Math.abs(centre) * halfUlp, subnormal) * (1 + 2 ** -11) + 2 ** -149;
          expect(Math.abs(value - centre)).toBeLessThanOrEqual(limit);
        });
      }),
    );
  });

  it("are moved on average as much as rounding moves them: 1/√12 of a unit", () => {
    const alike = new Float32Array(20000).fill(1.5);
    const moved = dither(alike, type, 1);
    const rms = Math.sqrt(moved.reduce((sum, value) => sum + (value - 1.5) ** 2, 0) / alike.length);
    expect(rms / (spacing / Math.sqrt(12))).toBeCloseTo(1, 1);
  });
});

describe("tensors that a type cannot hold", () => {
  it("are not stored so in float16: a mask would become infinite, numbers would vanish", () => {
    expect(narrow(new Float32Array([1, -1e10]), "float16")).toBeNull();
    expect(narrow(new Float32Array([1e-8, 2e-8]), "float16")).toBeNull();
    expect(narrow(new Float32Array([1, 1e-8, Number.NEGATIVE_INFINITY, Number.NaN]), "float16")).not.toBeNull();
    expect(narrow(new Float32Array(3), "float16")).not.toBeNull();
  });

  it("are stored in bfloat16, which has the range of float32 but for its very end", () => {
    expect(narrow(new Float32Array([1, -1e10]), "bfloat16")).not.toBeNull();
    expect(narrow(new Float32Array([1e-8, 2e-30]), "bfloat16")).not.toBeNull();
    expect(narrow(new Float32Array([3.4e38]), "bfloat16")).toBeNull();
  });
});
