import { elementCount } from "../../formats/dtype.js";
import { Random } from "../../inputs/random.js";

/**
 * The elements of a tensor that a sketch keeps: flat row-major indices in ascending order. The same for the same shape, number
 * and seed, on every machine and in every release, for a golden holds their values and not their places.
 *
 * Every position (all axes but the last) has as many of them as any other, give or take one, and so has every channel (the last
 * axis): positions are gone through in order, channels in one random order after the other. So neither a token nor a channel
 * is left out where there are enough of them to go round.
 *
 * @param count so many; all elements where the tensor has no more
 */
export function choosePlaces(shape: readonly number[], count: number, seed: number): Float64Array {
  const size = elementCount(shape);
  if (size <= count) return Float64Array.from({ length: size }, (_, i) => i);
  const channels = shape.at(-1) ?? 1;
  const positions = size / channels;
  const random = new Random([seed >>> 0, size >>> 0, channels >>> 0, 0x9e3779b9]);
  const order = Float64Array.from({ length: channels }, (_, i) => i);
  const places = new Set<number>();
  for (let i = 0; i < count; i++) {
    const turn = i % channels;
    // Fisher and Yates, one step for each channel that is taken.
    if (turn < channels - 1) {
      const other = turn + random.nextBelow(channels - turn);
      const taken = order[other] ?? 0;
      order[other] = order[turn] ?? 0;
      order[turn] = taken;
    }
    // Fewer elements than positions: they are spread over all of them.
    const position = Math.floor((i * positions) / count);
    let channel = order[turn] ?? 0;
    // Where one order ends and the next begins a position may draw a channel again: it takes the next one that is free.
    while (places.has(position * channels + channel)) channel = (channel + 1) % channels;
    places.add(position * channels + channel);
  }
  return Float64Array.from(places).sort();
}
