import type { NodeDef } from "../../formats/tf-proto/types.js";
import { booleanAttr, floatAttr, textAttr } from "../attr.js";
import { type Builder, DOUBLE, INT32 } from "./builder.js";

/**
 * `FusedBatchNorm`, `V2` and `V3` (tensorflow/core/kernels/fused_batch_norm_op.cc) in elementary ops:
 * y = (x − mean) · rsqrt(variance + ε) · scale + offset. In training mean and (biased) variance are the batch's, and the
 * variance that is given out is the unbiased one. Null for the running average that is made when
 * `exponential_avg_factor` is not 1.
 */
export function expandBatchNorm(node: NodeDef, inputs: readonly string[], build: Builder): Map<number, string> | null {
  const [x = "", scale = "", offset = "", givenMean = "", givenVariance = ""] = inputs;
  const format = textAttr(node, "data_format") ?? "NHWC";
  const training = booleanAttr(node, "is_training") ?? true;
  if (training && (floatAttr(node, "exponential_avg_factor") ?? 1) !== 1) return null;
  const channel = format.indexOf("C");
  const reduced = Array.from(format, (_, axis) => axis).filter((axis) => axis !== channel);
  const { mean, variance, unbiased } = training
    ? batchStatistics(x, reduced, build)
    : { mean: givenMean, variance: givenVariance, unbiased: givenVariance };
  // A vector lies along the last axis by itself; along another one it is given that shape.
  const shape = Array.from(format, (_, axis) => (axis === channel ? -1 : 1));
  const along = (vector: string): string =>
    channel === format.length - 1
      ? vector
      : build.op("Reshape", [vector, build.ints(shape)], { T: DOUBLE, Tshape: INT32 });
  const epsilon = build.double(floatAttr(node, "epsilon") ?? 1e-4);
  const factor = build.math("Mul", build.math("Rsqrt", build.math("AddV2", variance, epsilon)), scale);
  const centred = build.math("Sub", x, along(mean));
  const y = build.math("AddV2", build.math("Mul", centred, along(factor)), along(offset));
  return new Map([
    [0, y],
    [1, mean],
    [2, unbiased],
  ]);
}

function batchStatistics(x: string, axes: readonly number[], build: Builder) {
  const reduce = (value: string, keep: boolean): string =>
    build.op("Mean", [value, build.ints(axes)], { T: DOUBLE, Tidx: INT32, keep_dims: { b: keep } });
  const mean = reduce(x, false);
  const variance = reduce(build.math("SquaredDifference", x, reduce(x, true)), false);
  const sizes = build.op("GatherV2", [shapeOf(x, build), build.ints(axes), build.ints([0], [])], {
    Tparams: INT32,
    Tindices: INT32,
    Taxis: INT32,
    batch_dims: { i: 0 },
  });
  const product = build.op("Prod", [sizes, build.ints([0])], { T: INT32, Tidx: INT32, keep_dims: { b: false } });
  const count = build.op("Cast", [product], { SrcT: INT32, DstT: DOUBLE, Truncate: { b: false } });
  const one = build.double(1);
  // TensorFlow divides by max(count − 1, 1) here.
  const less = build.math("Maximum", build.math("Sub", count, one), one);
  return { mean, variance, unbiased: build.math("Mul", variance, build.math("RealDiv", count, less)) };
}

function shapeOf(x: string, build: Builder): string {
  return build.op("Shape", [x], { T: DOUBLE, out_type: INT32 });
}
