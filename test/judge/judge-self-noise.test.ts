import { describe, expect, it } from "vitest";
import { isBeyondRounding, isUnderSelfNoise } from "../../src/judge/judge-self-noise.js";
import { sampleMetrics } from "../helpers/sample-pair.js";

describe("what a side does to itself", () => {
  it("is nothing when it moves in the last bits only, as sums over threads do", () => {
    expect(isBeyondRounding(sampleMetrics(0), null)).toBe(false);
    expect(isBeyondRounding(sampleMetrics(2e-7), null)).toBe(false);
    expect(isBeyondRounding(sampleMetrics(8e-6), null)).toBe(false);
  });

  it("is random when it moves by a thousandth", () => {
    expect(isBeyondRounding(sampleMetrics(1e-3), null)).toBe(true);
  });

  it("explains an error of its own size, and none that is a hundred times as large", () => {
    expect(isUnderSelfNoise(sampleMetrics(2e-3), sampleMetrics(1e-3), null)).toBe(true);
    expect(isUnderSelfNoise(sampleMetrics(1e-1), sampleMetrics(1e-3), null)).toBe(false);
  });

  it("never explains an error by rounding: a tiny difference stays a mismatch beside a side that wobbles", () => {
    expect(isUnderSelfNoise(sampleMetrics(1e-6), sampleMetrics(1e-6), null)).toBe(false);
  });
});
