import { choosePlaces } from "../compare/sample/choose-places.js";
import { takeSample } from "../compare/sample/take-sample.js";
import { elementCount } from "../formats/dtype.js";
import type { TensorToWrite } from "../formats/safetensors-write.js";
import { channelsOf, sampleOf } from "../formats/sketch-names.js";
import type { LazyTensor } from "../formats/types.js";

/** Drawn once. It is in the file, so that another one later would not spoil the goldens that exist. */
export const SKETCH_SEED = 20_260_101;

/**
 * So many elements are kept of a tensor, and tensors of so many are kept whole. A fault in a thousandth of a tensor meets one of
 * them with 98 %; one that spares all of them is still in the figures of its channels, or in the outputs, or nowhere.
 */
export const SKETCH_ELEMENTS = 4096;

/** Whether a tensor is one that a sketch of `elements` makes smaller. */
export function canBeSketched({ dtype, shape }: LazyTensor, elements: number): boolean {
  return dtype === "float32" && shape.length > 0 && elementCount(shape) > elements + 4 * (shape.at(-1) ?? 1);
}

/** The two tensors that stand for one: some elements, and four figures of every channel. */
export function sketchForGolden(tensor: LazyTensor, elements: number): TensorToWrite[] {
  const { values, channels } = takeSample(tensor, choosePlaces(tensor.shape, elements, SKETCH_SEED));
  const write = (name: string, data: Float64Array, shape: readonly number[]): TensorToWrite => ({
    name,
    dtype: "float32",
    shape,
    data: new Uint8Array(Float32Array.from(data).buffer),
  });
  return [
    write(sampleOf(tensor.name), values, [values.length]),
    write(channelsOf(tensor.name), channels, [4, channels.length / 4]),
  ];
}
