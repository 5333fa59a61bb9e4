import { describe, expect, test } from "vitest";
import { headline, relativeFloor, relativeLimit, relativeRms, usedOfLimit } from "../../src/report/pair-error.js";
import { describeMargin, findWorstPair } from "../../src/report/worst-pair.js";
import { measuredPair, sampleMetrics, samplePair } from "../helpers/sample-pair.js";

describe("layers of different size stand on one axis", () => {
  test("the same relative error has the same place whatever the tensor's scale", () => {
    expect(relativeRms(sampleMetrics(1e-6, 1000))).toBeCloseTo(relativeRms(sampleMetrics(1e-6, 1e-3)), 12);
  });

  test("a NaN on one side is infinitely wrong, not a small number", () => {
    const metrics = { ...sampleMetrics(1e-8), nonFiniteMismatch: { count: 1, firstIndex: [0, 0, 0] } };
    expect(relativeRms(metrics)).toBe(Number.POSITIVE_INFINITY);
  });

  test("an error against a reference of zeros is infinite and no error at all is zero", () => {
    expect(relativeRms({ ...sampleMetrics(1e-6), rmsReference: 0 })).toBe(Number.POSITIVE_INFINITY);
    expect(relativeRms({ ...sampleMetrics(0), rmsReference: 0 })).toBe(0);
  });

  test("a measured pair's limit is its floor times the factor, both in units of the reference", () => {
    const pair = measuredPair("h.0.mlp", 2, 1e-6);
    const floor = relativeFloor(pair) ?? Number.NaN;
    expect(floor).toBeCloseTo(1.6e-7, 12);
    expect(relativeLimit(pair)).toBeCloseTo(4 * floor, 12);
    expect(usedOfLimit(pair)).toBe(0.5);
    expect(headline(pair)).toBe("×2.0 noise");
  });

  test("an explicit tolerance is used up exactly when the smallest that passes is the tolerance itself", () => {
    const tolerance = { rule: "explicit", atol: 1e-5, rtol: 1e-5, from: "parity.config.ts" } as const;
    const pair = samplePair("h.0", { tolerance, smallestTolerance: 2e-5, verdict: "mismatch" });
    expect(usedOfLimit(pair)).toBeCloseTo(2, 12);
    expect(headline(pair)).toBe("×2.0 tolerance");
    expect(describeMargin(pair)).toBe("needs 2.0e-5, 2.0 times over the tolerance of 1.0e-5 (parity.config.ts)");
  });

  test("atol ≠ rtol gives no single number, and none is made up", () => {
    const tolerance = { rule: "explicit", atol: 1e-8, rtol: 1e-5, from: "--tolerance" } as const;
    expect(usedOfLimit(samplePair("h.0", { tolerance }))).toBeNull();
  });

  test("the worst pair is the one nearest its limit, not the one with the largest error", () => {
    const near = measuredPair("near", 3, 1e-6);
    const large = measuredPair("large", 1, 1e-2);
    expect(findWorstPair([large, near])?.id).toBe("near");
    expect(describeMargin(near)).toBe("×3.0 noise, 1.3 times below its limit of ×4");
    expect(findWorstPair([])).toBeNull();
  });
});
