import type { NodeDef } from "../../formats/tf-proto/types.js";
import { isUpdate } from "../op-kinds.js";

/**
 * Ops that TensorFlow 2.21 computes on the CPU in 32 bits or less only: no kernel for double, or a tensor of a fixed
 * float32 type. The test of this list asks the installed TensorFlow for its registered kernels.
 */
export const SINGLE_ONLY_OPS: ReadonlySet<string> = new Set([
  "AdjustContrast",
  "AdjustContrastv2",
  "AdjustHue",
  "AdjustSaturation",
  "ApproxTopK",
  "AudioMicrofrontend",
  "AudioSpectrogram",
  "AvgPool3D",
  "BlockLSTM",
  "BlockLSTMV2",
  "CombinedNonMaxSuppression",
  "ComputeAccidentalHits",
  "CropAndResize",
  "CustomAggregator",
  "DrawBoundingBoxes",
  "DrawBoundingBoxesV2",
  "EditDistance",
  "EncodeWav",
  "ExtractGlimpse",
  "ExtractGlimpseV2",
  "FakeQuantWithMinMaxArgs",
  "FakeQuantWithMinMaxVars",
  "FakeQuantWithMinMaxVarsPerChannel",
  "FusedBatchNorm",
  "FusedBatchNormV2",
  "FusedBatchNormV3",
  "GRUBlockCell",
  "ImageProjectiveTransformV2",
  "ImageProjectiveTransformV3",
  "InTopK",
  "InTopKV2",
  "KMC2ChainInitialization",
  "KmeansPlusPlusInitialization",
  "LRN",
  "LSTMBlockCell",
  "LoadAndRemapMatrix",
  "MaxPool3D",
  "Mfcc",
  "NearestNeighbors",
  "NonMaxSuppression",
  "NonMaxSuppressionV2",
  "NonMaxSuppressionV3",
  "NonMaxSuppressionV4",
  "NonMaxSuppressionV5",
  "NonMaxSuppressionWithOverlaps",
  "ResizeArea",
  "ResizeBicubic",
  "ResizeBilinear",
  "ScaleAndTranslate",
  "SparseMatMul",
  "XlaEinsum",
]);

/** Families of ops that nobody promotes: TensorFlow's internal ones, quantized arithmetic, gradients, training, pipelines. */
const SINGLE_FAMILIES =
  /^_|[Qq]uanti[sz]|Grad(Grad|Boxes|Image)?(V\d|WithShape)?$|(?<!Stop)Gradient$|CandidateSampler$|SampleDistortedBoundingBox|^Sdca|^NegTrain$|Summary(V2)?$|Dataset(V\d)?$|^Bitcast$|^SparseMatrix/;

/**
 * Ops through which float32 numbers enter the forward pass, exact as they are: what is fed, stored, read or drawn. Random
 * numbers are drawn in float32, so that a seed gives the same ones.
 */
const SOURCES =
  /^(Placeholder(V2|WithDefault)?|Variable(V2)?|VarHandleOp|TemporaryVariable|ReadVariableOp|ResourceGather(Nd)?|Ref.+|Parse.+|Decode.+|Restore.*|Iterator.*|OneShotIterator|.*Queue.*|Stage|Unstage|LookupTable.+|.*HashTable.*|(Stateless)?(Parameterized)?(Random|Truncated).+|Multinomial|StatelessMultinomial)$/;

/** Ops that only move or copy numbers: behind a source they may stay in float32, and a table is not widened for a few rows. */
export const MOVING_OPS: ReadonlySet<string> = new Set(["Identity", "Gather", "GatherV2", "StopGradient", "Snapshot"]);

/** Whether what the op gives are float32 numbers that no arithmetic in float32 made. */
export function isSource(op: string): boolean {
  return SOURCES.test(op);
}

/** Whether the op must be given float32 numbers and gives float32 numbers. */
export function staysSingle(node: NodeDef): boolean {
  return (
    SINGLE_ONLY_OPS.has(node.op) ||
    SINGLE_FAMILIES.test(node.op) ||
    isUpdate(node.op) ||
    // Bodies of functions (loops and branches of TensorFlow 2) are left as they are.
    [...node.attr.values()].some((value) => "func" in value)
  );
}
