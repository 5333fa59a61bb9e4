import { elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { readBlocks } from "./block-reader.js";
import { rangeOf, type Sketch } from "./sketch-figures.js";

/** A sum that keeps what its additions round away (Neumaier), so that the order of the terms hardly matters. */
class CompensatedSum {
  #sum = 0;
  #lost = 0;

  add(value: number): void {
    const next = this.#sum + value;
    this.#lost += Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - next + value : value - next + this.#sum;
    this.#sum = next;
  }

  /** The plain sum where the terms left float64, because then nothing can be made good. */
  get value(): number {
    return Number.isFinite(this.#sum) ? this.#sum + this.#lost : this.#sum;
  }
}

/** The sketch in plain TypeScript, for dtypes beyond float32, and what the tests hold the kernel against. */
export function sketchPlain(tensor: LazyTensor, blockLength: number): Sketch {
  const count = elementCount(tensor.shape);
  const reader = readBlocks(tensor, blockLength);
  const block = new Float64Array(blockLength);
  const nonFinite = { nan: 0, positiveInfinity: 0, negativeInfinity: 0 };
  const sum = new CompensatedSum();
  const sumSquares = new CompensatedSum();
  const sumCubes = new CompensatedSum();
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let zeros = 0;
  for (let first = 0; first < count; first += blockLength) {
    const length = Math.min(blockLength, count - first);
    reader.read(first, length, block);
    for (let i = 0; i < length; i++) {
      const x = block[i] ?? 0;
      if (!Number.isFinite(x)) {
        if (Number.isNaN(x)) nonFinite.nan++;
        else if (x > 0) nonFinite.positiveInfinity++;
        else nonFinite.negativeInfinity++;
        continue;
      }
      if (x === 0) zeros++;
      min = Math.min(min, x);
      max = Math.max(max, x);
      sum.add(x);
      sumSquares.add(x * x);
      sumCubes.add(x * x * Math.abs(x));
    }
  }
  return {
    count,
    ...rangeOf(min, max),
    sum: sum.value,
    sumSquares: sumSquares.value,
    sumCubes: sumCubes.value,
    zeros,
    nonFinite,
  };
}
