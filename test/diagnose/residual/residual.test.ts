import { describe, expect, it } from "vitest";
import {
  ACTIVATIONS,
  clipped,
  elu,
  GELU_ERF,
  GELU_TANH,
  hardSigmoid,
  leakyRelu,
  swish,
} from "../../../src/diagnose/residual/activations.js";
import { toBfloat16 } from "../../../src/diagnose/residual/bfloat16.js";
import { constantVector, slicesAlong } from "../../../src/diagnose/residual/constancy.js";
import { distributionAxis, isLogDistribution } from "../../../src/diagnose/residual/distribution.js";
import { erf } from "../../../src/diagnose/residual/erf.js";
import { fitAffine, fitRatio, relativeDistance } from "../../../src/diagnose/residual/fit.js";
import { nameConstant } from "../../../src/diagnose/residual/known-constants.js";
import { recogniseActivation } from "../../../src/diagnose/residual/recognise-activation.js";
import { pickPermuted, sampleIndices } from "../../../src/diagnose/residual/samples.js";
import { solveEpsilon } from "../../../src/diagnose/residual/solve-epsilon.js";
import { noise, tensor } from "../situations.js";

const float32 = (values: readonly number[]): number[] => values.map(Math.fround);

describe("one factor between two tensors", () => {
  it("is measured by least squares, with what does not fit", () => {
    expect(fitRatio([1, 2, 3], [2, 4, 6])).toEqual({ ratio: 2, misfit: 0 });
    // Σxy/Σx² = (1 + 4 + 12)/14; the rest by hand.
    const fit = fitRatio([1, 2, 3], [1, 2, 4]);
    expect(fit?.ratio).toBeCloseTo(17 / 14, 12);
    expect(fit?.misfit).toBeCloseTo(Math.hypot(17 / 14 - 1, 34 / 14 - 2, 51 / 14 - 4) / Math.sqrt(21), 12);
  });

  it("is none where there is nothing to scale", () => {
    expect(fitRatio([0, 0], [1, 2])).toBeNull();
    expect(fitRatio([1, Number.NaN], [1, 2])).toBeNull();
    expect(relativeDistance([1, 1], [0, 0])).toBe(Number.POSITIVE_INFINITY);
  });

  it("has the name that explains it", () => {
    expect(nameConstant(Math.sqrt(64), [64])).toBe("√64");
    expect(nameConstant(1 / Math.sqrt(48), [48])).toBe("1/√48");
    expect(nameConstant(55.5, [3072])).toBe("√3072 rounded to bfloat16");
    expect(nameConstant(-1 / 255, [])).toBe("−1/255");
    expect(nameConstant(0.123, [64])).toBeNull();
  });
});

describe("an affine map", () => {
  it("is found with its shift, and told from what is no line", () => {
    const fit = fitAffine([0, 1, 2, 3], [1, 3, 5, 7]);
    expect(fit).toMatchObject({ scale: 2, shift: 1 });
    expect(fit?.misfit).toBeLessThan(1e-12);
    expect(fitAffine([0, 1, 2, 3], [0, 1, 4, 9])?.misfit).toBeGreaterThan(0.1);
    expect(fitAffine([1, 1, 1], [1, 2, 3])).toBeNull();
  });
});

describe("a vector repeated along an axis", () => {
  it("is found on the axis that it lies along", () => {
    const found = constantVector(tensor([2, 3], [1, 2, 3, 1, 2, 3]));
    expect(found).toEqual({ axis: 1, values: [1, 2, 3], misfit: 0 });
    expect(constantVector(tensor([2, 2, 2], [1, 1, 5, 5, 1, 1, 5, 5]))?.axis).toBe(1);
  });

  it("is not found in noise", () => {
    expect(constantVector(tensor([4, 4], noise(16)))?.misfit).toBeGreaterThan(0.3);
  });

  it("slices name the elements of each index", () => {
    expect(slicesAlong([2, 2], 1)).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });
});

describe("probabilities", () => {
  it("are known by their sums, along the axis that has them", () => {
    expect(distributionAxis(tensor([2, 2], [0.25, 0.75, 0.5, 0.5]))).toBe(1);
    expect(distributionAxis(tensor([2, 2], [0.25, 0.4, 0.75, 0.6]))).toBe(0);
    expect(distributionAxis(tensor([2, 2], [-0.25, 1.25, 0.5, 0.5]))).toBeNull();
    expect(isLogDistribution(tensor([1, 2], [Math.log(0.25), Math.log(0.75)]))).toBe(true);
    expect(isLogDistribution(tensor([1, 2], [0, 1]))).toBe(false);
  });
});

describe("numbers", () => {
  it("the error function is good to 14 digits (values of Abramowitz & Stegun, table 7.1, and scipy)", () => {
    expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 14);
    expect(erf(1)).toBeCloseTo(0.8427007929497149, 14);
    expect(erf(-2.4)).toBeCloseTo(-0.9993114861033549, 14);
    expect(erf(3)).toBeCloseTo(0.9999779095030014, 14);
    expect(erf(9)).toBe(1);
  });

  it("bfloat16 rounds to nearest, ties to even", () => {
    expect(toBfloat16(Math.sqrt(3072))).toBe(55.5);
    expect(toBfloat16(Math.sqrt(1152))).toBe(34);
    expect(toBfloat16(1 + 2 ** -8)).toBe(1);
    expect(toBfloat16(1 + 3 * 2 ** -8)).toBe(1 + 2 ** -6);
  });

  it("gelu's two usual forms are 4.73e-4 apart at most", () => {
    const apart = Array.from({ length: 1001 }, (_, i) => {
      const x = -5 + i / 100;
      return Math.abs(GELU_TANH.at(x) - GELU_ERF.at(x));
    });
    expect(Math.max(...apart)).toBeCloseTo(4.73e-4, 6);
  });
});

describe("the function that an output is of its input", () => {
  const x = noise(400, 8);

  it.each(ACTIVATIONS.map((one) => [one.title, one] as const))(
    "%s is recognised in float32 values",
    (_, activation) => {
      const found = recogniseActivation(float32(x), float32(float32(x).map(activation.at)));
      expect(found?.activation.title).toBe(activation.title);
    },
  );

  it("slopes, alphas and bounds are read off the values", () => {
    const of = (f: (x: number) => number): string | undefined =>
      recogniseActivation(float32(x), float32(float32(x).map(f)))?.activation.title;
    expect(of(leakyRelu(0.17).at)).toBe("leaky relu with slope 0.17");
    expect(of(elu(0.7).at)).toBe("elu with α 0.7");
    expect(of(swish(1.5).at)).toBe("x · sigmoid(1.5 x)");
    expect(of(clipped(-1, 2.5).at)).toBe("clip to -1 … 2.5");
    expect(of(hardSigmoid(0.25).at)).toBe("hard sigmoid with slope 0.25");
  });

  it("is not guessed: noise, the identity and constants are no activation", () => {
    expect(recogniseActivation(x, noise(400, 8, 3))).toBeNull();
    expect(recogniseActivation(x, x)).toBeNull();
    expect(recogniseActivation(x, new Array(400).fill(0))).toBeNull();
  });
});

describe("epsilon solved from values", () => {
  const groups = (theirs: number, own: number, outside = false) =>
    [0.001, 0.01, 0.1, 1].map((variance, i) => {
      const centred = noise(16, Math.sqrt(variance), i + 2);
      const root = outside ? Math.sqrt(variance) + theirs : Math.sqrt(variance + theirs);
      return {
        variance,
        candidate: centred.map((x) => x / Math.sqrt(variance + own)),
        reference: centred.map((x) => x / root),
      };
    });

  it("is the original's, the same in all groups", () => {
    const found = solveEpsilon(groups(1e-3, 1e-5), 1e-5);
    expect(found?.epsilon).toBeCloseTo(1e-3, 9);
    expect(found?.groups).toBe(4);
  });

  it("is refused where the estimates drift: the epsilon stands elsewhere", () => {
    expect(solveEpsilon(groups(1e-2, 1e-5, true), 1e-5)).toBeNull();
  });
});

describe("samples", () => {
  it("of a permuted tensor are numpy's transpose", () => {
    const value = tensor([2, 3], [0, 1, 2, 3, 4, 5]);
    expect([...pickPermuted(value, [1, 0], [0, 1, 2, 3, 4, 5])]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it("stay within the tensor and are spread over it", () => {
    const indices = sampleIndices(100_000);
    expect(Math.max(...indices)).toBeLessThan(100_000);
    expect(new Set(indices.map((i) => i % 768)).size).toBeGreaterThan(500);
  });
});
