import type { NonFinite } from "./types.js";

/**
 * What can be said of a tensor's values whatever their order: the same for a tensor and any permutation or reshape of it.
 * Minimum, maximum and moments are over the finite values; those of no value are 0.
 */
export interface Sketch {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Σ|x|³. */
  readonly sumCubes: number;
  /** Values that are +0 or −0. */
  readonly zeros: number;
  readonly nonFinite: NonFinite;
}

/** Minimum and maximum with −0 as 0, both 0 when there was no finite value. */
export function rangeOf(min: number, max: number): Pick<Sketch, "min" | "max"> {
  return min > max ? { min: 0, max: 0 } : { min: min + 0, max: max + 0 };
}
