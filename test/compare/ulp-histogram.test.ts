import fc from "fast-check";
import { expect, test } from "vitest";
import { ulpBin, ulpQuantile, upperEdge } from "../../src/compare/ulp-histogram.js";

test("distances up to 31 have a bin each", () => {
  for (let distance = 0; distance < 32; distance++) expect(upperEdge(ulpBin(distance))).toBe(distance);
});

test("law: the upper edge of a distance's bin is no less than it and at most 6.25 % more", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0x7fffff00 }), (distance) => {
      const edge = upperEdge(ulpBin(distance));
      expect(edge).toBeGreaterThanOrEqual(distance);
      expect(edge).toBeLessThanOrEqual(distance * 1.0625 + 1);
    }),
  );
  expect(upperEdge(ulpBin(2 ** 32))).toBe(Number.POSITIVE_INFINITY);
});

test("law: the quantile bounds the sorted list's from above, and is it below 32", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(40), fc.nat(1e9)), { minLength: 1, maxLength: 500 }), (distances) => {
      const histogram = new Float64Array(512);
      for (const distance of distances) {
        const bin = ulpBin(distance);
        histogram[bin] = (histogram[bin] ?? 0) + 1;
      }
      const sorted = [...distances].sort((a, b) => a - b);
      const exact = sorted[Math.ceil(0.99 * sorted.length - 1e-9) - 1] ?? 0;
      const found = ulpQuantile(histogram, distances.length, 0.99, sorted.at(-1) ?? 0);
      if (exact < 32) expect(found).toBe(exact);
      else {
        expect(found).toBeGreaterThanOrEqual(exact);
        expect(found).toBeLessThanOrEqual(exact * 1.0625 + 1);
      }
    }),
  );
});
