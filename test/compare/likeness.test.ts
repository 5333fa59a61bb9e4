import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLikeness } from "../../src/compare/likeness.js";
import type { LazyTensor } from "../../src/formats/types.js";

function tensor(
  shape: readonly number[],
  values: readonly number[],
  dtype: LazyTensor["dtype"] = "float32",
): LazyTensor {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return {
    name: "t",
    dtype,
    shape,
    byteLength: bytes.length,
    location: { file: "", offset: 0, byteLength: bytes.length } as unknown as LazyTensor["location"],
    read: (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
  };
}

/** Box-Muller on a linear congruential generator: the same numbers in every run. */
function gaussian(count: number, seed: number): number[] {
  let state = seed;
  const uniform = (): number => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return (state + 1) / (2 ** 32 + 1);
  };
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}
const bfloat16 = (values: readonly number[]): number[] => {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return [...new Float32Array(bits.map((one) => one & 0xffff0000).buffer)];
};
const transposed = (values: readonly number[], rows: number, columns: number): number[] =>
  Array.from({ length: rows * columns }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? 0);

describe("how alike weights are", () => {
  const kernel = gaussian(24 * 40, 1);

  it("rounded, averaged and scaled weights are their own; others of the same kind are not", () => {
    const likeness = createLikeness();
    const variable = tensor([24, 40], kernel);
    const averaged = kernel.map((value, i) => value + 0.01 * (gaussian(960, 2)[i] ?? 0));
    for (const values of [bfloat16(kernel), averaged, kernel.map((value) => 3 * value)])
      expect(likeness(tensor([24, 40], values), variable).of).toBeGreaterThan(0.999);
    expect(likeness(tensor([24, 40], gaussian(960, 3)), variable).of).toBeLessThan(0.2);
  });

  it("tells in which order of axes they lie", () => {
    const square = kernel.slice(0, 576);
    const own = tensor([24, 24], transposed(bfloat16(square), 24, 24));
    expect(createLikeness()(own, tensor([24, 24], square))).toMatchObject({ transform: "transposed" });
    expect(createLikeness()(tensor([24, 24], bfloat16(square)), tensor([24, 24], square))).toMatchObject({
      transform: "same",
    });
  });

  it("gains near 1 are told apart, for what they have in common is taken away", () => {
    const gains = (seed: number): number[] => gaussian(64, seed).map((value) => 1 + 0.02 * value);
    const likeness = createLikeness();
    expect(likeness(tensor([64], gains(5)), tensor([64], gains(6))).of).toBeLessThan(0.5);
    expect(likeness(tensor([64], bfloat16(gains(5))), tensor([64], gains(5))).of).toBeGreaterThan(0.9);
  });

  it("is Pearson's correlation, as numpy.corrcoef gives it", () => {
    // numpy.corrcoef([1, 2, 3, 4, 5, 6, 7, 9], [2, 1, 4, 3, 6, 5, 8, 8])[0, 1]
    const found = createLikeness()(tensor([8], [1, 2, 3, 4, 5, 6, 7, 9]), tensor([8], [2, 1, 4, 3, 6, 5, 8, 8]));
    expect(found.of).toBeCloseTo(0.9183508107754057, 9);
  });

  it("says nothing of short vectors, of numbers that do not vary, and of shapes that do not fit", () => {
    const likeness = createLikeness();
    expect(likeness(tensor([4], [1, 2, 3, 4]), tensor([4], [1, 2, 3, 4])).of).toBe(0);
    expect(likeness(tensor([16], Array(16).fill(1)), tensor([16], Array(16).fill(1))).of).toBe(0);
    expect(likeness(tensor([16], gaussian(16, 1)), tensor([4, 3], gaussian(12, 1))).of).toBe(0);
  });

  it("is between 0 and 1, whatever the numbers", () => {
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), {
      minLength: 16,
      maxLength: 16,
    });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const { of } = createLikeness()(tensor([16], a), tensor([16], b));
        expect(of).toBeGreaterThanOrEqual(0);
        expect(of).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});
