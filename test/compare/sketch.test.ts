import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { sketchesMatch, sketchTensor } from "../../src/compare/sketch.js";
import { builtKernel } from "./kernel-for-tests.js";
import { float32, float64, tensorOf } from "./memory-tensor.js";

beforeAll(async () => {
  await builtKernel();
});

test("figures worked out by hand, on both paths", () => {
  for (const make of [float32, float64]) {
    expect(sketchTensor(make([1, -2, 0, -0, Number.NaN, 3, Infinity], [7]))).toEqual({
      count: 7,
      min: -2,
      max: 3,
      sum: 2,
      sumSquares: 14,
      sumCubes: 36,
      zeros: 2,
      nonFinite: { nan: 1, positiveInfinity: 1, negativeInfinity: 0 },
    });
  }
});

test("a tensor without finite values has a sketch of zeros", () => {
  expect(sketchTensor(float32([]))).toMatchObject({ count: 0, min: 0, max: 0, sum: 0 });
  expect(sketchTensor(float32([Number.NaN]))).toMatchObject({ count: 1, min: 0, max: 0, sum: 0 });
});

function shuffled(values: readonly number[], seed: number): number[] {
  const out = [...values];
  let state = seed;
  for (let i = out.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [out[i], out[j]] = [out[j] ?? 0, out[i] ?? 0];
  }
  return out;
}

test("any order of the same values matches, even when they cancel to nothing", () => {
  const values = fc.array(fc.oneof(fc.float(), fc.float({ min: -1, max: 1, noNaN: true })), { maxLength: 3000 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1 }), (half, seed) => {
      const all = [...half, ...half.map((value) => -value)];
      for (const make of [float32, float64]) {
        expect(sketchesMatch(sketchTensor(make(all)), sketchTensor(make(shuffled(all, seed))))).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test("of a million values, sums in another order agree to 1e-12", () => {
  const values = Array.from({ length: 1_000_001 }, (_, i) => Math.fround(Math.sin(i * i) + 1e-3));
  const a = sketchTensor(float32(values));
  const b = sketchTensor(float32(shuffled(values, 5)));
  for (const key of ["sum", "sumSquares", "sumCubes"] as const)
    expect(Math.abs(a[key] / b[key] - 1)).toBeLessThan(1e-12);
});

test("one changed value is told apart, and so is another number of values", () => {
  const values = Array.from({ length: 10_000 }, (_, i) => Math.sin(i));
  const sketch = sketchTensor(float32(values));
  const changed = sketchTensor(float32(values.map((value, i) => (i === 77 ? value + 1e-3 : value))));
  expect(sketchesMatch(sketch, changed)).toBe(false);
  expect(sketchesMatch(sketch, sketchTensor(float32(values.slice(1))))).toBe(false);
});

test("a half-precision copy matches at the tolerance of half precision only", () => {
  const values = Array.from({ length: 10_000 }, (_, i) => Math.sin(i));
  const bits = new Uint16Array(new Float32Array(values).length);
  new Uint32Array(Float32Array.from(values).buffer).forEach((word, i) => {
    bits[i] = (word + 0x8000) >>> 16;
  });
  const whole = sketchTensor(float32(values));
  const half = sketchTensor(tensorOf("bfloat16", [bits.length], bits));
  expect(sketchesMatch(whole, half)).toBe(false);
  expect(sketchesMatch(whole, half, 1e-2)).toBe(true);
});

test("strings have no sketch", () => {
  expect(() => sketchTensor(tensorOf("string", [0], new Uint8Array(0), "vocabulary"))).toThrow(
    "vocabulary is a string tensor",
  );
});
