import type { NodeDef } from "../../formats/tf-proto/types.js";
import { floatAttr, integerAttr } from "../attr.js";
import { type Builder, DOUBLE, INT32 } from "./builder.js";

/**
 * `LRN` (tensorflow/core/kernels/lrn_op.cc): x / (bias + α · Σ x²)^β, the sum over the channels (last axis) up to
 * `depth_radius` away. The sum is a product with a band of ones.
 */
export function expandLrn(node: NodeDef, inputs: readonly string[], build: Builder): Map<number, string> {
  const [x = ""] = inputs;
  const radius = integerAttr(node, "depth_radius") ?? 5;
  const shape = build.op("Shape", [x], { T: DOUBLE, out_type: INT32 });
  const channels = build.op("GatherV2", [shape, build.ints([3]), build.ints([0], [])], {
    Tparams: INT32,
    Tindices: INT32,
    Taxis: INT32,
    batch_dims: { i: 0 },
  });
  const square = build.op("ConcatV2", [channels, channels, build.ints([0], [])], {
    T: INT32,
    N: { i: 2 },
    Tidx: INT32,
  });
  const ones = build.op("Fill", [square, build.double(1)], { T: DOUBLE, index_type: INT32 });
  const width = build.ints([radius], []);
  const band = build.op("MatrixBandPart", [ones, width, width], { T: DOUBLE, Tindex: INT32 });
  const rows = build.op("ConcatV2", [build.ints([-1]), channels, build.ints([0], [])], {
    T: INT32,
    N: { i: 2 },
    Tidx: INT32,
  });
  const flat = build.op("Reshape", [build.math("Mul", x, x), rows], { T: DOUBLE, Tshape: INT32 });
  const sums = build.op("Reshape", [build.matmul(flat, band), shape], { T: DOUBLE, Tshape: INT32 });
  const scaled = build.math("Mul", sums, build.double(floatAttr(node, "alpha") ?? 1));
  const base = build.math("AddV2", scaled, build.double(floatAttr(node, "bias") ?? 1));
  const power = build.math("Pow", base, build.double(floatAttr(node, "beta") ?? 0.5));
  return new Map([[0, build.math("RealDiv", x, power)]]);
}
