import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { comparePlain } from "../../src/compare/compare-plain.js";
import { compareWithin32 } from "../../src/compare/compare-within32.js";
import { sketchPlain } from "../../src/compare/sketch-plain.js";
import type { Totals } from "../../src/compare/totals.js";
import type { Bounds } from "../../src/compare/types.js";
import type { WasmKernel } from "../../src/compare/wasm-kernel.js";
import { builtKernel } from "./kernel-for-tests.js";
import { tensorOf } from "./memory-tensor.js";

let kernel: WasmKernel;
beforeAll(async () => {
  kernel = await builtKernel();
});

const SUMS = ["sumAbs", "sumSquares", "sumReference", "sumCandidate", "sumProducts"] as const;

/** Sums differ by their order of addition alone; everything else is the same bits. */
function expectSame(kernelTotals: Totals, twinTotals: Totals): void {
  const scale = Math.sqrt(twinTotals.sumReference) * Math.sqrt(twinTotals.sumCandidate);
  for (const sum of SUMS) {
    const room = 1e-12 * (sum === "sumProducts" ? scale : twinTotals[sum]);
    expect(Math.abs(kernelTotals[sum] - twinTotals[sum]), sum).toBeLessThanOrEqual(room);
  }
  const withoutSums = (totals: Totals) => ({ ...totals, ...Object.fromEntries(SUMS.map((sum) => [sum, 0])) });
  expect(withoutSums(kernelTotals)).toEqual(withoutSums(twinTotals));
}

function compareBoth(reference: Float32Array, candidate: Float32Array, bounds?: Bounds): void {
  const r = tensorOf("float32", [reference.length], reference);
  const c = tensorOf("float32", [candidate.length], candidate);
  expectSame(
    compareWithin32(kernel, r, c, reference.length, bounds),
    comparePlain(r, c, reference.length, bounds).totals,
  );
}

/** Any float32 bit pattern: NaNs of every payload, infinities, denormals, both zeros, the largest numbers. */
const anyBits = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(
    0,
    0x80000000,
    1,
    0x80000001,
    0x7f7fffff,
    0xff7fffff,
    0x7f800000,
    0xff800000,
    0x7fc00000,
    0x7f800001,
    0xffc12345,
  ),
);

test("the kernel says what the plain twin says, for any bit patterns and any length around a vector's and a chunk's", () => {
  const length = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(1023, 1024, 1025, 1027, 2048, 2051));
  const arrays = length.chain((n) => {
    const bits = fc.array(anyBits, { minLength: n, maxLength: n, size: "max" });
    return fc.tuple(bits, bits, fc.array(fc.boolean(), { minLength: n, maxLength: n, size: "max" }));
  });
  fc.assert(
    fc.property(arrays, fc.boolean(), ([left, right, equal], bounded) => {
      const reference = new Float32Array(Int32Array.from(left).buffer);
      // Half of the elements agree, as they do in real comparisons.
      const candidate = new Float32Array(
        Int32Array.from(right, (bits, i) => (equal[i] ? (left[i] ?? 0) : bits)).buffer,
      );
      compareBoth(reference, candidate, bounded ? { atol: 1e-3, rtol: 1e-2 } : undefined);
    }),
    { numRuns: 150 },
  );
});

/** Deterministic numbers in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const NOISE: Record<string, (value: number, random: number, i: number) => number> = {
  "small noise": (value, random) => value * (1 + 1e-6 * (random - 0.5)),
  "the same values": (value) => value,
  "a constant ratio, where every element ties for the largest relative error": (value) => value * 1.5,
  "errors that grow to the end, where every chunk has a new maximum": (value, _, i) => value + i * 1e-3,
  "values of every size": (value, random) => value * 2 ** Math.floor(60 * random - 30),
  "a NaN here and there": (value, random, i) => (i % 1500 === 7 ? Number.NaN : value + 1e-3 * random),
  "infinities on one side": (value, random, i) => (i % 2 === 0 ? Number.NEGATIVE_INFINITY : value + random),
};

test.each(Object.keys(NOISE))("blocks join without a seam: %s", (name) => {
  const random = randomFrom(7);
  const length = 3 * kernel.reference.length + 5;
  const reference = Float32Array.from({ length }, () => 8 * (random() - 0.5));
  const candidate = reference.map((value, i) => NOISE[name]?.(value, random(), i) ?? 0);
  compareBoth(reference, candidate, { atol: 1e-6, rtol: 1e-6 });
});

test("a comparison does not see what an earlier one left in the kernel's memory", () => {
  const bad = Float32Array.from({ length: 5000 }, (_, i) => (i % 3 === 0 ? Number.NaN : i));
  compareBoth(
    bad,
    bad.map((value) => value + 1),
  );
  compareBoth(Float32Array.of(1, 2, 3), Float32Array.of(1, 2, 3));
  compareBoth(new Float32Array(0), new Float32Array(0));
});

test("the kernel's sketch is the plain one's: counts and range exactly, sums to 1e-12", () => {
  const lengths = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(1023, 1024, 1025, 2051));
  fc.assert(
    fc.property(
      lengths.chain((n) => fc.array(anyBits, { minLength: n, maxLength: n, size: "max" })),
      (bits) => {
        const tensor = tensorOf("float32", [bits.length], Int32Array.from(bits));
        kernel.startSketch();
        kernel.reference.set(new Float32Array(Int32Array.from(bits).buffer));
        kernel.sketchBlock(bits.length);
        const fast = kernel.sketch();
        const plain = sketchPlain(tensor, 4096);
        expect({ ...fast, sum: 0, sumSquares: 0, sumCubes: 0 }).toEqual({
          ...plain,
          sum: 0,
          sumSquares: 0,
          sumCubes: 0,
        });
        expect(Math.abs(fast.sum - plain.sum)).toBeLessThanOrEqual(1e-12 * Math.sqrt(plain.count * plain.sumSquares));
        expect(Math.abs(fast.sumSquares - plain.sumSquares)).toBeLessThanOrEqual(1e-12 * plain.sumSquares);
        expect(Math.abs(fast.sumCubes - plain.sumCubes)).toBeLessThanOrEqual(1e-12 * plain.sumCubes);
      },
    ),
    { numRuns: 100 },
  );
});
