import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dither, narrow, widen } from "../../../src/runners/golden/narrow.js";

/** Largest relative error of rounding to nearest with 11 significant bits: half a unit in the last place. */
const HALF_ULP = 2 ** -11;
/** Half the distance between subnormal numbers of float16 (IEEE 754 binary16: 2^-24 apart). */
const SUBNORMAL = 2 ** -25;

const values = fc
  .float32Array({ noNaN: true, noDefaultInfinity: true, min: -60000, max: 60000, maxLength: 40 })
  // One number in the range of float16, so that the others may be as small as they like.
  .map((array) => Float32Array.of(60000, ...array));

describe("hidden states in float16", () => {
  it("lose at most half a unit in the last place of what is stored", () => {
    fc.assert(
      fc.property(values, (data) => {
        const stored = narrow(data, type);
        if (stored === null) throw new Error("all of it is in the range of float16");
        widen(stored).forEach((value, i) => {
          const original = data[i] ?? 0;
          expect(Math.abs(value - original)).toBeLessThanOrEqual(Math.max(Math.abs(original) * HALF_ULP, SUBNORMAL));
        });
      }),
    );
  });

  it("are dithered by no more than was lost, around the stored value, the same each time", () => {
    fc.assert(
      fc.property(values, fc.integer(), (data, seed) => {
        const stored = widen(narrow(data, type) ?? new Uint16Array(data.length));
        const moved = dither(stored, seed);
        expect(dither(stored, seed)).toEqual(moved);
        moved.forEach((value, i) => {
          const centre = stored[i] ?? 0;
          // The spacing at a number is at most 2^-10 of it, and half of it may go either way; float32 rounds once more.
          const limit = Math.max(Math.abs(centre) * HALF_ULP, SUBNORMAL) * (1 + 2 ** -11);
          expect(Math.abs(value - centre)).toBeLessThanOrEqual(limit);
        });
      }),
    );
  });

  it("are moved on average as much as rounding moves them: 1/√12 of a unit", () => {
    // On [1, 2) the spacing of float16 is 2^-10, so uniform rounding errors have an rms of 2^-10/√12.
    const alike = new Float32Array(20000).fill(1.5);
    const rms = Math.sqrt(dither(alike, 1).reduce((sum, value) => sum + (value - 1.5) ** 2, 0) / alike.length);
    expect(rms / (2 ** -10 / Math.sqrt(12))).toBeCloseTo(1, 1);
  });

  it("are not stored so where a mask would become infinite, or numbers would vanish", () => {
    expect(narrow(new Float32Array([1, -1e10]))).toBeNull();
    expect(narrow(new Float32Array([1e-8, 2e-8]))).toBeNull();
    expect(narrow(new Float32Array([1, 1e-8, Number.NEGATIVE_INFINITY, Number.NaN]))).not.toBeNull();
    expect(narrow(new Float32Array(3))).not.toBeNull();
  });
});
