import { elementCount } from "../../formats/dtype.js";
import type { LazyTensor } from "../../formats/types.js";
import { readBlocks } from "../block-reader.js";

/** Elements that are read at once. */
const BLOCK = 65536;

export interface Sampled {
  /** The elements at the places. */
  readonly values: Float64Array;
  /** Mean, root mean square, smallest and largest of every channel, one row of channels each. NaN where a channel holds one. */
  readonly channels: Float64Array;
}

/**
 * Some elements of a tensor and figures of all of them, by channel (last axis). Read once, front to back; sums in float64.
 *
 * @param places flat row-major indices in ascending order
 */
export function takeSample(tensor: LazyTensor, places: Float64Array): Sampled {
  const size = elementCount(tensor.shape);
  const width = tensor.shape.at(-1) ?? 1;
  const values = new Float64Array(places.length);
  const channels = new Float64Array(4 * width);
  channels.fill(Number.POSITIVE_INFINITY, 2 * width, 3 * width).fill(Number.NEGATIVE_INFINITY, 3 * width);
  const reader = readBlocks(tensor, Math.min(BLOCK, Math.max(1, size)));
  const block = new Float64Array(Math.min(BLOCK, Math.max(1, size)));
  let next = 0;
  for (let first = 0; first < size; first += BLOCK) {
    const length = Math.min(BLOCK, size - first);
    reader.read(first, length, block);
    for (; next < places.length && (places[next] ?? 0) < first + length; next++)
      values[next] = block[(places[next] ?? 0) - first] ?? 0;
    for (let i = 0, channel = first % width; i < length; i++, channel = channel + 1 === width ? 0 : channel + 1) {
      const value = block[i] ?? 0;
      channels[channel] = (channels[channel] ?? 0) + value;
      channels[width + channel] = (channels[width + channel] ?? 0) + value * value;
      // Math.min and Math.max give NaN for NaN, which a comparison would pass over.
      channels[2 * width + channel] = Math.min(channels[2 * width + channel] ?? 0, value);
      channels[3 * width + channel] = Math.max(channels[3 * width + channel] ?? 0, value);
    }
  }
  const positions = Math.max(1, size / Math.max(1, width));
  for (let channel = 0; channel < width; channel++) {
    channels[channel] = (channels[channel] ?? 0) / positions;
    channels[width + channel] = Math.sqrt((channels[width + channel] ?? 0) / positions);
  }
  return { values, channels };
}
