import type { AxisProfile } from "../types.js";
import type { DetailProfile } from "./types.js";

/** Digits that are kept: more than a line on a screen shows. */
const DIGITS = 5;

/**
 * A profile with at most `entries` entries: of several slices together the largest error, and the rms over all of them (which
 * takes slices to hold equally many finite elements).
 */
export function shortenProfile({ axis, size, maxAbs, rms }: AxisProfile, entries: number): DetailProfile {
  const tile = Math.max(1, Math.ceil(size / entries));
  const short = Math.ceil(size / tile);
  const [largest, squares] = [new Array<number>(short).fill(0), new Array<number>(short).fill(0)];
  for (let i = 0; i < size; i++) {
    const at = Math.floor(i / tile);
    largest[at] = Math.max(largest[at] ?? 0, maxAbs[i] ?? 0);
    squares[at] = (squares[at] ?? 0) + (rms[i] ?? 0) ** 2;
  }
  return {
    axis,
    size,
    maxAbs: largest.map(round),
    rms: squares.map((sum, at) => round(Math.sqrt(sum / Math.min(tile, size - at * tile)))),
    ...(tile === 1 ? {} : { tile }),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
