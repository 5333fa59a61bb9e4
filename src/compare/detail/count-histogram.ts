import type { DetailKernel, KernelSide } from "../detail-kernel.js";
import type { Numbers } from "./fill-differences.js";

/**
 * Edges of equal bins over all finite values of both sides. Where there is only one value the bins reach half a unit to both
 * sides of it, as numpy's do. Empty where there is none.
 *
 * @param range smallest and largest value; null when there is none
 */
export function binEdges(range: { readonly low: number; readonly high: number } | null, bins: number): number[] {
  if (range === null) return [];
  let { low, high } = range;
  // float64 values of both ends of its range are further apart than it reaches.
  if (!Number.isFinite(high - low)) return [low, 0, high];
  if (low === high) {
    const half = Math.max(0.5, Math.abs(low) * 2 ** -20);
    [low, high] = [low - half, high + half];
  }
  return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + ((high - low) * i) / bins));
}

/** Counts of one side's values over the bins between `edges`; a value that is not finite is in none. */
export class BinCounter {
  private readonly counts: Float64Array;
  private readonly low: number;
  private readonly high: number;
  private readonly perUnit: number;

  /** @param kernel where the values are its block of that side, and there are at most 256 bins */
  constructor(
    private readonly edges: readonly number[],
    private readonly side: KernelSide,
    private readonly kernel: DetailKernel | null = null,
  ) {
    kernel?.binCounts(side).fill(0);
    const bins = Math.max(0, edges.length - 1);
    this.counts = new Float64Array(bins);
    this.low = edges[0] ?? 0;
    this.high = edges.at(-1) ?? 0;
    this.perUnit = bins / (this.high - this.low);
  }

  /** @param finite whether all of both sides is known to be finite */
  add(values: Numbers, length: number, finite: boolean): void {
    const { counts, low, high, perUnit } = this;
    const last = counts.length - 1;
    if (last < 0) return;
    if (!Number.isFinite(high - low)) {
      this.addOneByOne(values, length);
      return;
    }
    if (this.kernel !== null && finite) {
      this.kernel.countBins(this.side, length, low, perUnit, last);
      return;
    }
    for (let i = 0; i < length; i++) {
      const value = values[i] ?? 0;
      if (value >= low && value <= high) {
        const bin = ((value - low) * perUnit) | 0;
        const kept = Math.min(bin, last);
        counts[kept] = (counts[kept] ?? 0) + 1;
      }
    }
  }

  finish(): number[] {
    const ofKernel = this.kernel?.binCounts(this.side);
    return Array.from(this.counts, (count, bin) => count + (ofKernel?.[bin] ?? 0));
  }

  /** Where bins are so far apart that their width is no number. */
  private addOneByOne(values: Numbers, length: number): void {
    for (let i = 0; i < length; i++) {
      const value = values[i] ?? 0;
      if (!Number.isFinite(value)) continue;
      const bin = Math.max(
        0,
        this.edges.findLastIndex((edge, at) => at < this.counts.length && value >= edge),
      );
      this.counts[bin] = (this.counts[bin] ?? 0) + 1;
    }
  }
}
