import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AUTO_BOUND,
  isUnderBound,
  judgeAuto,
  judgeExplicit,
  NOISE_FACTORS,
  noiseRatio,
} from "../../src/judge/judge-pair.js";
import type { NoiseFloor } from "../../src/judge/types.js";
import { metricsOf, metricsWith } from "./metrics.js";

const ULP = 2 ** -23;
const floor = (rms: number, max: number): NoiseFloor => ({ rms, max, from: "float64" });
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

describe("the bound that needs no measurement", () => {
  it("is kept by an error of a few units in the last place of the tensor's own scale, and by nothing larger", () => {
    expect(isUnderBound(metricsWith(AUTO_BOUND.rms, AUTO_BOUND.max))).toBe(true);
    expect(isUnderBound(metricsWith(AUTO_BOUND.rms * 1.01, AUTO_BOUND.max))).toBe(false);
    expect(isUnderBound(metricsWith(AUTO_BOUND.rms, AUTO_BOUND.max * 1.01))).toBe(false);
  });

  it("hides nothing that the smallest floor would call a mismatch", () => {
    const positive = fc.double({ min: 0, max: 1e-5, noNaN: true });
    fc.assert(
      fc.property(positive, positive, (rms, max) => {
        const metrics = metricsWith(Math.min(rms, max), max);
        if (isUnderBound(metrics)) expect(noiseRatio(metrics, floor(0, 0))).toBeLessThanOrEqual(NOISE_FACTORS.mismatch);
      }),
    );
  });

  it("is in the tensor's own units: one wrong element among large ones is under it, among small ones it is not", () => {
    expect(judgeAuto(metricsOf([1e6, 1e-3], [1e6, 2e-3]), null).verdict).toBe("within-noise");
    expect(judgeAuto(metricsOf([1e-3, 1e-3], [1e-3, 2e-3]), null).verdict).toBe("mismatch");
  });

  it("of a tensor of zeros is zero", () => {
    expect(judgeAuto(metricsOf([0, 0], [0, 1e-30]), null).verdict).toBe("mismatch");
    expect(judgeAuto(metricsOf([0, 0], [0, -0]), null).verdict).toBe("identical");
  });
});

describe("the ratio to the noise", () => {
  it("is the larger of the two ratios, that of the largest errors scaled by its wider factor", () => {
    expect(noiseRatio(metricsWith(3e-6, 4e-6), floor(1e-6, 1e-6))).toBeCloseTo(3);
    expect(noiseRatio(metricsWith(1e-6, 12e-6), floor(1e-6, 1e-6))).toBeCloseTo(6);
  });

  it("takes no floor below half a unit in the last place, so that exact runs do not make rounding a fault", () => {
    expect(noiseRatio(metricsWith(ULP, ULP), floor(0, 0))).toBeCloseTo(2);
  });

  it("grows with the error and shrinks with the floor", () => {
    const size = fc.double({ min: 1e-6, max: 1, noNaN: true });
    fc.assert(
      fc.property(size, size, fc.double({ min: 1, max: 100, noNaN: true }), (error, noise, times) => {
        const ratio = noiseRatio(metricsWith(error, error), floor(noise, noise));
        expect(noiseRatio(metricsWith(error * times, error * times), floor(noise, noise))).toBeGreaterThanOrEqual(
          ratio,
        );
        expect(noiseRatio(metricsWith(error, error), floor(noise * times, noise * times))).toBeLessThanOrEqual(ratio);
      }),
    );
  });
});

describe("the verdict by noise", () => {
  const of = (times: number) => judgeAuto(metricsWith(times * 1e-4, 0), floor(1e-4, 1e-4));

  it.each([
    [1, "within-noise"],
    [3.99, "within-noise"],
    [4.01, "within-tolerance"],
    [9.99, "within-tolerance"],
    [10.01, "mismatch"],
    [1e5, "mismatch"],
  ])("%d times the noise is %s", (times, verdict) => {
    const judged = of(times);
    expect(judged.verdict).toBe(verdict);
    expect(judged.ratio).toBeCloseTo(times);
    expect(judged.tolerance.rule).toBe("auto-measured");
  });

  it("in the grey zone says that it should be looked at", () => {
    expect(of(5).note).toContain("between 4 and 10 times the noise");
  });

  it("over the bound is a mismatch when no floor could be measured, and says so", () => {
    const judged = judgeAuto(metricsWith(1e-4, 1e-4), null);
    expect(judged.verdict).toBe("mismatch");
    expect(judged.note).toContain("could not be measured");
  });
});

describe("NaN and infinity", () => {
  it.each([
    ["NaN in the port", [1, 2], [1, nan]],
    ["NaN in the original", [1, nan], [1, 2]],
    ["an infinity of the other sign", [infinity], [-infinity]],
    ["an infinity where the other has NaN", [infinity], [nan]],
  ])("%s is a mismatch whatever the floor or the tolerance", (_, reference, candidate) => {
    const judged = judgeAuto(metricsOf(reference, candidate), floor(1e9, 1e9));
    expect(judged.verdict).toBe("mismatch");
    expect(judged.ratio).toBe(infinity);
    expect(judged.note).toContain("on one side only, in 1 place");
    const bounds = { atol: 1e9, rtol: 1e9 };
    expect(judgeExplicit(metricsOf(reference, candidate, bounds), bounds, "tolerance").verdict).toBe("mismatch");
  });

  it("in the same places on both sides are equal, and a tensor of nothing else says that it held no numbers", () => {
    expect(judgeAuto(metricsOf([1, nan, infinity], [1, nan, infinity]), null)).toMatchObject({
      verdict: "identical",
      note: null,
    });
    expect(judgeAuto(metricsOf([nan, nan], [nan, nan]), null).note).toContain("NaN or infinite everywhere");
  });
});

describe("empty tensors", () => {
  it("are not compared, by any rule", () => {
    const bounds = { atol: 1, rtol: 1 };
    expect(judgeAuto(metricsOf([], []), floor(1, 1)).verdict).toBe("not-compared");
    expect(judgeExplicit(metricsOf([], [], bounds), bounds, "tolerance").verdict).toBe("not-compared");
  });
});

describe("an explicit tolerance", () => {
  const judge = (reference: number[], candidate: number[], atol: number, rtol: number) =>
    judgeExplicit(metricsOf(reference, candidate, { atol, rtol }), { atol, rtol }, "tolerance");

  it("passes at |error| = atol + rtol · |reference| and fails beyond", () => {
    expect(judge([2, 4], [2.5, 4.75], 0.25, 0.125).verdict).toBe("within-tolerance");
    const failed = judge([2, 4], [2.5, 4.8], 0.25, 0.125);
    expect(failed.verdict).toBe("mismatch");
    expect(failed.note).toBe("1 of 2 elements are beyond atol 0.25 + rtol 0.125");
  });

  it("of zero demands equality, and names where it was set", () => {
    expect(judge([1], [1 + ULP], 0, 0).verdict).toBe("mismatch");
    const same = judge([1], [1], 0, 0);
    expect(same.verdict).toBe("identical");
    expect(same.tolerance).toEqual({ rule: "explicit", atol: 0, rtol: 0, from: "tolerance" });
  });

  it("is never judged on figures that were computed without it", () => {
    expect(() => judgeExplicit(metricsOf([1], [2]), { atol: 0, rtol: 0 }, "tolerance")).toThrow("bounds");
  });
});
