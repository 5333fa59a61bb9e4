import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { comparePlain } from "../../src/compare/compare-plain.js";
import { compareTensors } from "../../src/compare/compare-tensors.js";
import { ParityError } from "../../src/errors.js";
import { builtKernel } from "./kernel-for-tests.js";
import { float32, float64, tensorOf } from "./memory-tensor.js";

beforeAll(async () => {
  await builtKernel();
});

function errorOf(run: () => unknown): ParityError {
  try {
    run();
  } catch (error) {
    if (error instanceof ParityError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("figures worked out by hand", () => {
  const metrics = compareTensors(float32([1, -2, 0, 4], [2, 2]), float32([1, -2.5, 0.25, 4], [2, 2]), {
    bounds: { atol: 0.25, rtol: 0.1 },
  });

  test("largest absolute error with its place and both values", () => {
    expect(metrics.maxAbs).toEqual({ value: 0.5, index: [0, 1], reference: -2, candidate: -2.5 });
  });
  test("largest relative error leaves out references of 0", () => {
    expect(metrics.maxRel).toEqual({ value: 0.25, index: [0, 1], reference: -2, candidate: -2.5 });
  });
  test("means and norms", () => {
    expect(metrics.meanAbs).toBe(0.75 / 4);
    expect(metrics.rms).toBe(Math.sqrt(0.3125 / 4));
    expect(metrics.rmsReference).toBe(Math.sqrt(21 / 4));
    expect(metrics.rmsCandidate).toBe(Math.sqrt(23.3125 / 4));
    expect(metrics.relativeL2).toBeCloseTo(Math.sqrt(0.3125 / 21), 14);
    expect(metrics.cosine).toBeCloseTo(22 / Math.sqrt(21 * 23.3125), 14);
    expect(metrics.snrDb).toBeCloseTo(10 * Math.log10(21 / 0.3125), 12);
    expect(metrics.maxAbsReference).toBe(4);
  });
  test("an error equal to the bound passes, one above does not", () => {
    // |−0.5| > 0.25 + 0.1·2 fails; 0.25 = 0.25 + 0 passes.
    expect(metrics.overTolerance).toEqual({ count: 1, share: 0.25 });
  });
  test("distances in units of the last place: from 0 to 0.25 lie all float32 numbers below 0.25", () => {
    expect(metrics.ulpMax).toBe(0x3e800000);
  });
  test("the smallest tolerance that passes is the largest e / (1 + |r|)", () => {
    expect(metrics.smallestTolerance).toBeCloseTo(0.25, 14);
    const { smallestTolerance: t } = metrics;
    const again = compareTensors(float32([1, -2, 0, 4]), float32([1, -2.5, 0.25, 4]), { bounds: { atol: t, rtol: t } });
    expect(again.overTolerance?.count).toBe(0);
  });
});

test("one step of the last place is one ULP, for every float format", () => {
  const one = (dtype: "float16" | "bfloat16", bits: number) => tensorOf(dtype, [1], Uint16Array.of(bits));
  expect(compareTensors(float32([1]), float32([1 + 2 ** -23])).ulpMax).toBe(1);
  expect(compareTensors(float64([1]), float64([1 + 2 ** -52])).ulpMax).toBe(1);
  expect(compareTensors(float64([1]), float32([1 + 2 ** -23])).ulpMax).toBe(1);
  expect(compareTensors(one("float16", 0x3c00), one("float16", 0x3c01)).ulpMax).toBe(1);
  expect(compareTensors(one("bfloat16", 0x3f80), one("bfloat16", 0x3f81)).ulpMax).toBe(1);
  expect(compareTensors(one("float16", 0x0001), one("float16", 0x8001)).ulpMax).toBe(2);
  expect(compareTensors(float32([1]), one("float16", 0x3c01)).ulpMax).toBe(1);
  const byte = (dtype: "float8_e4m3fn" | "float8_e5m2", bits: number) => tensorOf(dtype, [1], Uint8Array.of(bits));
  expect(compareTensors(byte("float8_e4m3fn", 0x38), byte("float8_e4m3fn", 0x3a)).ulpMax).toBe(2);
  expect(compareTensors(byte("float8_e5m2", 0x3c), byte("float8_e5m2", 0x3d)).ulpMax).toBe(1);
});

test("NaN equals NaN of another payload and 0 equals −0: the tensors are identical", () => {
  const reference = tensorOf("float32", [3], Uint32Array.of(0x7fc00000, 0x80000000, 0x7f800000));
  const candidate = tensorOf("float32", [3], Uint32Array.of(0xffc12345, 0x00000000, 0x7f800000));
  const metrics = compareTensors(reference, candidate);
  expect(metrics).toMatchObject({
    identical: true,
    finiteCount: 1,
    nonFiniteMismatch: null,
    ulpMax: 0,
    smallestTolerance: 0,
  });
  expect(metrics.maxAbs).toEqual({ value: 0, index: [1], reference: -0, candidate: 0 });
});

test("a NaN on one side only is found, placed, and never within tolerance", () => {
  const values = Array.from({ length: 5000 }, (_, i) => i);
  const broken = values.map((value, i) => (i === 4321 || i === 4400 ? Number.NaN : value));
  const metrics = compareTensors(float32(values, [50, 100]), float32(broken, [50, 100]), {
    bounds: { atol: 1, rtol: 1 },
  });
  expect(metrics.nonFiniteMismatch).toEqual({ count: 2, firstIndex: [43, 21] });
  expect(metrics.overTolerance).toEqual({ count: 2, share: 2 / 5000 });
  expect(metrics.smallestTolerance).toBe(Number.POSITIVE_INFINITY);
  expect(metrics.identical).toBe(false);
  expect(metrics.nonFinite.candidate.nan).toBe(2);
  expect(metrics.maxAbs?.value).toBe(0);
});

test("+Inf against −Inf differs in kind; +Inf against +Inf does not", () => {
  const metrics = compareTensors(float32([Infinity, Infinity]), float32([Infinity, -Infinity]));
  expect(metrics.nonFiniteMismatch).toEqual({ count: 1, firstIndex: [1] });
  expect(metrics.nonFinite).toEqual({
    reference: { nan: 0, positiveInfinity: 2, negativeInfinity: 0 },
    candidate: { nan: 0, positiveInfinity: 1, negativeInfinity: 1 },
  });
  expect(metrics).toMatchObject({ finiteCount: 0, maxAbs: null, maxRel: null, cosine: 1, rms: 0 });
});

test.each(["float32", "float64", "int64", "bool"] as const)("empty %s tensors have figures, all at rest", (dtype) => {
  const empty = tensorOf(dtype, [0, 3], new Uint8Array(0));
  expect(
    compareTensors(empty, empty, { layout: { permute: [1, 0], reshape: [0, 3] }, bounds: { atol: 0, rtol: 0 } }),
  ).toEqual({
    count: 0,
    finiteCount: 0,
    identical: true,
    maxAbs: null,
    maxRel: null,
    meanAbs: 0,
    rms: 0,
    rmsReference: 0,
    rmsCandidate: 0,
    maxAbsReference: 0,
    relativeL2: 0,
    cosine: 1,
    snrDb: Number.POSITIVE_INFINITY,
    ulpMax: 0,
    ulpP99: 0,
    overTolerance: { count: 0, share: 0 },
    smallestTolerance: 0,
    nonFinite: {
      reference: { nan: 0, positiveInfinity: 0, negativeInfinity: 0 },
      candidate: { nan: 0, positiveInfinity: 0, negativeInfinity: 0 },
    },
    nonFiniteMismatch: null,
  });
});

test("a scalar has an empty index", () => {
  expect(compareTensors(float32([2], []), float32([3], [])).maxAbs).toEqual({
    value: 1,
    index: [],
    reference: 2,
    candidate: 3,
  });
});

test("a reference of zeros gives ratios without NaN", () => {
  const metrics = compareTensors(float32([0, 0]), float32([1, 0]));
  expect(metrics).toMatchObject({ relativeL2: Infinity, cosine: 0, snrDb: -Infinity, maxRel: null });
  expect(compareTensors(float32([0, 0]), float32([0, 0]))).toMatchObject({ relativeL2: 0, cosine: 1, snrDb: Infinity });
});

test("float64 numbers whose squares leave float64 keep their norms, their cosine and their ratios", () => {
  for (const size of [1e200, 1e-200, 1e-310]) {
    const metrics = compareTensors(float64([size, 2 * size]), float64([size, 3 * size]));
    expect(metrics.relativeL2).toBeCloseTo(1 / Math.sqrt(5), 12);
    expect(metrics.cosine).toBeCloseTo(7 / Math.sqrt(50), 12);
    expect(metrics.snrDb).toBeCloseTo(10 * Math.log10(5), 10);
    expect(metrics.rms / size).toBeCloseTo(Math.SQRT1_2, 12);
  }
});

test("64-bit integers are compared exactly where float64 cannot tell them apart", () => {
  const signed = (values: readonly bigint[]) => tensorOf("int64", [values.length], BigInt64Array.from(values));
  const metrics = compareTensors(signed([2n ** 62n, -5n, 2n ** 53n]), signed([2n ** 62n + 3n, -5n, 2n ** 53n + 1n]));
  expect(metrics.maxAbs?.value).toBe(3);
  expect(metrics.meanAbs).toBe(4 / 3);
  expect(metrics.ulpMax).toBe(3);
  expect(metrics.identical).toBe(false);
  const unsigned = tensorOf("uint64", [1], BigUint64Array.of(2n ** 64n - 1n));
  expect(compareTensors(signed([-1n]), unsigned).maxAbs?.value).toBe(2 ** 64);
});

test("integers and booleans of different widths compare by value", () => {
  const narrow = tensorOf("int8", [3], Int8Array.of(-1, 0, 5));
  expect(compareTensors(narrow, tensorOf("int32", [3], Int32Array.of(-1, 0, 5))).identical).toBe(true);
  expect(compareTensors(narrow, tensorOf("int64", [3], BigInt64Array.of(-1n, 0n, 8n)))).toMatchObject({
    ulpMax: 3,
    ulpP99: 3,
  });
  const bools = tensorOf("bool", [3], Uint8Array.of(0, 1, 1));
  expect(compareTensors(bools, tensorOf("bool", [3], Uint8Array.of(0, 255, 0)))).toMatchObject({
    ulpMax: 1,
    meanAbs: 1 / 3,
  });
});

describe("what cannot be compared says so", () => {
  test("shapes that differ are both named, with the layout", () => {
    const error = errorOf(() =>
      compareTensors(float32([1, 2, 3, 4, 5, 6], [2, 3], "w"), float32([1, 2, 3, 4, 5, 6], [2, 3], "weight"), {
        layout: { permute: [1, 0], reshape: null },
      }),
    );
    expect(error.code).toBe("INPUTS_INVALID");
    expect(error.message).toBe(
      "shapes differ: reference w [3, 2] ([2, 3] before permute [1,0], reshape null), candidate weight [2, 3]",
    );
  });
  test("a permutation that is none", () => {
    const run = () =>
      compareTensors(float32([1, 2], [1, 2]), float32([1, 2], [1, 2]), { layout: { permute: [0, 0], reshape: null } });
    expect(errorOf(run).message).toBe("t: [0, 0] is not a permutation of the 2 axes of shape [1, 2]");
  });
  test("a reshape that changes the number of elements", () => {
    const run = () => compareTensors(float32([1, 2]), float32([1, 2, 3]), { layout: { permute: null, reshape: [3] } });
    expect(errorOf(run).message).toBe("t: shape [2] cannot be reshaped to [3]");
  });
  test("strings and complex numbers", () => {
    const text = tensorOf("string", [0], new Uint8Array(0), "vocabulary");
    expect(errorOf(() => compareTensors(text, text)).message).toBe(
      "vocabulary is a string tensor: there is no error to measure",
    );
    const complex = tensorOf("complex64", [1], new Uint8Array(8));
    expect(errorOf(() => compareTensors(complex, complex)).code).toBe("INPUTS_INVALID");
  });
  test("a negative tolerance", () => {
    const run = () => compareTensors(float32([1]), float32([1]), { bounds: { atol: -1, rtol: 0 } });
    expect(errorOf(run).message).toBe("atol is -1, but a tolerance is a number from 0 up");
  });
});

const numbers = fc.array(
  fc.tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.float({ noNaN: true, noDefaultInfinity: true })),
  {
    maxLength: 2100,
  },
);

test("laws: errors are symmetric, scale with the tensors, and vanish for equal ones", () => {
  fc.assert(
    fc.property(numbers, (pairs) => {
      const left = pairs.map(([value]) => value);
      const right = pairs.map(([, value]) => value);
      const forth = compareTensors(float64(left), float64(right));
      const back = compareTensors(float64(right), float64(left));
      expect(back.maxAbs?.value).toBe(forth.maxAbs?.value);
      expect([back.meanAbs, back.rms, back.ulpMax, back.ulpP99]).toEqual([
        forth.meanAbs,
        forth.rms,
        forth.ulpMax,
        forth.ulpP99,
      ]);
      expect(back.cosine).toBe(forth.cosine);
      const doubled = compareTensors(float64(left.map((v) => 2 * v)), float64(right.map((v) => 2 * v)));
      expect(doubled.rms).toBe(2 * forth.rms);
      expect(doubled.maxAbs?.value).toBe(forth.maxAbs === null ? undefined : 2 * forth.maxAbs.value);
      expect(doubled.maxRel?.value).toBe(forth.maxRel?.value);
      const same = compareTensors(float32(left), float32(left));
      expect(same).toMatchObject({
        identical: true,
        meanAbs: 0,
        rms: 0,
        relativeL2: 0,
        ulpMax: 0,
        ulpP99: 0,
        smallestTolerance: 0,
      });
      expect(same.cosine).toBeCloseTo(1, 12);
    }),
    { numRuns: 60 },
  );
});

test("the smallest tolerance passes when it is given back as both bounds, and 1 % less does not", () => {
  fc.assert(
    fc.property(numbers, (pairs) => {
      const left = float32(pairs.map(([value]) => value));
      const right = float32(pairs.map(([, value]) => value));
      const t = compareTensors(left, right).smallestTolerance;
      expect(compareTensors(left, right, { bounds: { atol: t, rtol: t } }).overTolerance?.count).toBe(0);
      if (t === 0) return;
      const less = 0.99 * t;
      expect(compareTensors(left, right, { bounds: { atol: less, rtol: less } }).overTolerance?.count).toBeGreaterThan(
        0,
      );
    }),
    { numRuns: 60 },
  );
});

test("the figures do not depend on how the tensor is cut into blocks", () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 700 }), (pairs, block) => {
      const left = float32(pairs.map(([value]) => value));
      const right = float64(pairs.map(([, value]) => value));
      const whole = comparePlain(left, right, pairs.length, { atol: 1, rtol: 0 }, 4096);
      expect(comparePlain(left, right, pairs.length, { atol: 1, rtol: 0 }, block)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});
