import type { DetailKernel, KernelSide } from "../detail-kernel.js";
import type { Numbers } from "./fill-differences.js";
import type { TensorStatistics } from "./types.js";

/** Figures of one tensor, gathered block by block. */
export class StatisticsCounter {
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  /** Sums are taken from the first finite value on: of values far from zero the squares would lose their spread. */
  private shift: number | null = null;
  private sum = 0;
  private squares = 0;
  private count = 0;
  private nan = 0;
  private infinite = 0;
  private zero = 0;

  /** @param kernel where `values` are its block of that side */
  constructor(
    private readonly side: KernelSide,
    private readonly kernel: DetailKernel | null = null,
  ) {}

  /** Smallest and largest finite value; null when there is none. */
  get range(): { readonly low: number; readonly high: number } | null {
    return this.count === 0 ? null : { low: this.min, high: this.max };
  }

  /** @param finite whether all of both sides is known to be finite */
  add(values: Numbers, length: number, finite: boolean): void {
    this.shift ??= values.subarray(0, length).find(Number.isFinite) ?? null;
    if (this.kernel !== null && finite) {
      const [min = 0, max = 0, sum = 0, squares = 0, zeros = 0] = this.kernel.figures(
        this.side,
        length,
        this.shift ?? 0,
      );
      this.min = Math.min(this.min, min);
      this.max = Math.max(this.max, max);
      this.sum += sum;
      this.squares += squares;
      this.zero += zeros;
      this.count += length;
      return;
    }
    const { sum, squares } = sumUp(values, length, this.shift ?? 0);
    if (!Number.isFinite(squares)) {
      this.addOneByOne(values, length);
      return;
    }
    this.sum += sum;
    this.squares += squares;
    this.count += length;
    this.zero += countZeros(values, length);
    this.stretch(values, length);
  }

  private stretch(values: Numbers, length: number): void {
    let { min, max } = this;
    for (let i = 0; i < length; i++) {
      const value = values[i] ?? 0;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.min = min;
    this.max = max;
  }

  private addOneByOne(values: Numbers, length: number): void {
    for (let i = 0; i < length; i++) {
      const value = values[i] ?? 0;
      if (Number.isNaN(value)) this.nan++;
      else if (!Number.isFinite(value)) this.infinite++;
      else {
        const apart = value - (this.shift ?? 0);
        this.sum += apart;
        this.squares += apart * apart;
        this.count++;
        if (value === 0) this.zero++;
        this.min = Math.min(this.min, value);
        this.max = Math.max(this.max, value);
      }
    }
  }

  finish(): TensorStatistics {
    const { nan, infinite, zero, count } = this;
    if (count === 0) {
      return { min: Number.NaN, max: Number.NaN, mean: Number.NaN, std: Number.NaN, nan, infinite, zero };
    }
    const apart = this.sum / count;
    return {
      min: this.min,
      max: this.max,
      mean: (this.shift ?? 0) + apart,
      std: Math.sqrt(Math.max(0, this.squares / count - apart * apart)),
      nan,
      infinite,
      zero,
    };
  }
}

// One short loop per figure: the engine makes better code of three such than of one that does it all.

function sumUp(values: Numbers, length: number, shift: number): { readonly sum: number; readonly squares: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < length; i++) {
    const apart = (values[i] ?? 0) - shift;
    sum += apart;
    squares += apart * apart;
  }
  return { sum, squares };
}

function countZeros(values: Numbers, length: number): number {
  let zeros = 0;
  for (let i = 0; i < length; i++) if (values[i] === 0) zeros++;
  return zeros;
}
