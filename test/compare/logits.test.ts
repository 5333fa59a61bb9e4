import fc from "fast-check";
import { expect, test } from "vitest";
import { divergence } from "../../src/compare/divergence.js";
import { logitsMetrics } from "../../src/compare/logits.js";
import { float32, float64 } from "./memory-tensor.js";

test("a row whose best token changed is counted and shown", () => {
  const reference = float32([3, 2, 1, 0, 0, 1, 2, 3], [2, 4]);
  const candidate = float32([3, 2, 1, 0, 0, 1, 3, 2], [2, 4]);
  expect(logitsMetrics(reference, candidate)).toMatchObject({
    rows: 2,
    argmaxAgreement: 0.5,
    firstDisagreement: { index: [1], reference: 3, candidate: 2 },
    k: 4,
    topKOverlap: 1,
  });
});

test("the five best of each side are held against each other as sets", () => {
  const reference = float32([9, 8, 7, 6, 5, 0, 0, 0]);
  const candidate = float32([5, 6, 7, 0, 0, 8, 9, 0]);
  const { k, topKOverlap, argmaxAgreement } = logitsMetrics(reference, candidate);
  expect({ k, topKOverlap, argmaxAgreement }).toEqual({ k: 5, topKOverlap: 3 / 5, argmaxAgreement: 0 });
});

test("of equal logits the first is the choice, as torch.argmax and numpy have it", () => {
  expect(logitsMetrics(float32([1, 1, 0]), float32([1, 1, 0])).argmaxAgreement).toBe(1);
  expect(logitsMetrics(float32([1, 1, 0]), float32([0, 1, 1])).firstDisagreement).toEqual({
    index: [],
    reference: 0,
    candidate: 1,
  });
});

test("divergence of two coins, by hand", () => {
  const p = [0.5, 0.5].map(Math.log);
  const q = [0.25, 0.75].map(Math.log);
  const { meanKl, maxKl } = logitsMetrics(float64(p), float64(q));
  expect(meanKl).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 14);
  expect(maxKl).toBe(meanKl);
});

test("tokens ruled out on both sides with −Inf change nothing; ruled out on one side, the divergence is infinite", () => {
  const masked = logitsMetrics(float64([0, 1, -Infinity]), float64([0, 1.25, -Infinity]));
  expect(masked.meanKl).toBeCloseTo(logitsMetrics(float64([0, 1]), float64([0, 1.25])).meanKl, 15);
  expect(logitsMetrics(float64([0, 1]), float64([0, -Infinity])).maxKl).toBe(Infinity);
  expect(logitsMetrics(float64([0, -Infinity]), float64([0, 0])).maxKl).toBeCloseTo(Math.log(2), 14);
});

test("rows without a distribution are left out and counted, and leave the others' figures alone", () => {
  const reference = float32([Number.NaN, 0, 1, 2, -Infinity, -Infinity], [3, 2]);
  expect(logitsMetrics(reference, reference)).toMatchObject({ rows: 1, skippedRows: 2, argmaxAgreement: 1, maxKl: 0 });
});

test("a tiny difference does not drown in rounding: KL is half the variance of the difference", () => {
  const size = 1000;
  const reference = Float64Array.from({ length: size }, (_, i) => 10 * Math.sin(i));
  const candidate = reference.map((value, i) => value + 1e-9 * Math.cos(3 * i));
  const weights = reference.map(Math.exp);
  const total = weights.reduce((a, b) => a + b);
  const mean = (f: (i: number) => number): number => weights.reduce((sum, w, i) => sum + (w / total) * f(i), 0);
  const d = (i: number): number => (candidate[i] ?? 0) - (reference[i] ?? 0);
  const centre = mean(d);
  expect(divergence(reference, candidate) / (mean((i) => (d(i) - centre) ** 2) / 2)).toBeCloseTo(1, 6);
});

test("law: a divergence is never negative, and a shift of all logits does not change it", () => {
  const row = fc.array(
    fc.tuple(fc.double({ min: -30, max: 30, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true })),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(row, fc.constantFrom(1, 0.4, 1e-6), (pairs, size) => {
      const reference = Float64Array.from(pairs, ([value]) => value);
      const candidate = Float64Array.from(pairs, ([value, difference]) => value + size * difference);
      const kl = divergence(reference, candidate);
      expect(kl).toBeGreaterThanOrEqual(0);
      const shifted = divergence(
        reference,
        candidate.map((value) => value + 3),
      );
      expect(Math.abs(shifted - kl)).toBeLessThanOrEqual(1e-13 + 1e-6 * kl);
    }),
  );
});

test("shapes that differ, and a scalar, are refused by name", () => {
  expect(() => logitsMetrics(float32([1, 2], [2], "a"), float32([1, 2, 3], [3], "b"))).toThrow(
    "reference a [2], candidate b [3]",
  );
  expect(() => logitsMetrics(float32([1], []), float32([1], []))).toThrow("logits need an axis");
});
