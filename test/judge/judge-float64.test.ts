import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FLOAT64, judgeFloat64 } from "../../src/judge/judge-float64.js";
import { metricsWith } from "./metrics.js";

const withError = (relativeL2: number) => metricsWith(relativeL2, 3 * relativeL2, { relativeL2 });
const verdictOf = (single: number, double: number, exact = true) =>
  judgeFloat64(withError(single), withError(double), exact).verdict;

describe("what float64 on both sides says about an error in float32", () => {
  it("an error that all but vanishes is rounding", () => {
    expect(verdictOf(3e-5, 2e-12)).toBe("rounding");
    expect(verdictOf(2e-6, 1.9e-8)).toBe("rounding");
  });

  it("an error that stays is a difference, whatever its size", () => {
    expect(verdictOf(0.3, 0.3)).toBe("difference");
    expect(verdictOf(4e-7, 3.9e-7)).toBe("difference");
    expect(verdictOf(3e-6, 4e-7)).toBe("difference");
  });

  it("a difference that float32 hides is one", () => {
    expect(verdictOf(0, 5e-7)).toBe("difference");
  });

  it("what only shrinks some, or is as small as the rounding of constants, is left open", () => {
    expect(verdictOf(1e-4, 5e-6)).toBe("unclear");
    expect(verdictOf(2e-7, 3e-8)).toBe("unclear");
    expect(verdictOf(1e-4, 2e-7)).toBe("unclear");
  });

  it("behind an op that ran in float32 a small error that stays is no difference, a large one is", () => {
    expect(verdictOf(3e-6, 3e-6, false)).toBe("unclear");
    expect(verdictOf(3e-2, 3e-2, false)).toBe("difference");
    expect(verdictOf(3e-5, 2e-12, false)).toBe("rounding");
  });

  it("equal bits are rounding, NaN on one side in both precisions is a difference, in one precision neither", () => {
    const equal = metricsWith(0, 0, { relativeL2: 0, identical: true });
    const broken = metricsWith(0, 0, {
      nonFiniteMismatch: { count: 1, firstIndex: [0] },
    });
    expect(judgeFloat64(withError(0), equal, true).verdict).toBe("rounding");
    expect(judgeFloat64(broken, broken, true).verdict).toBe("difference");
    expect(judgeFloat64(broken, withError(1e-12), true).verdict).toBe("unclear");
    expect(judgeFloat64(withError(1e-5), broken, true).verdict).toBe("unclear");
  });

  it("nothing is called rounding over the limit, and nothing that did not shrink a hundredfold", () => {
    const error = fc.double({ min: 1e-15, max: 10, noNaN: true });
    fc.assert(
      fc.property(error, error, (single, double) => {
        const verdict = verdictOf(single, double);
        if (verdict === "rounding") return double <= FLOAT64.limit && double * FLOAT64.shrinks <= single;
        if (verdict === "difference") return double > FLOAT64.limit && double * FLOAT64.keeps >= single;
        return true;
      }),
    );
  });
});
