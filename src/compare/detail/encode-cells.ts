import type { CellScale } from "./types.js";

/** The byte of a cell that holds NaN or ±Inf. */
const NOT_FINITE = 255;
const HIGHEST = 254;

/**
 * The scale of signed values: of both signs it reaches equally far to both sides, so that byte 127 is exactly zero.
 *
 * @param cells of all planes and both sides; what is not finite has no place on the scale
 */
export function valueScale(cells: readonly Float64Array[]): CellScale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const values of cells)
    for (const value of values)
      if (Number.isFinite(value)) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
  if (low > high) return { kind: "linear", low: 0, high: 0 };
  const reach = Math.max(-low, high);
  return low < 0 && high > 0 ? { kind: "linear", low: -reach, high: reach } : { kind: "linear", low, high };
}

/** The scale of errors: from the smallest that is not zero to the largest. */
export function errorScale(cells: readonly Float64Array[]): CellScale {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const values of cells)
    for (const value of values)
      if (value > 0 && Number.isFinite(value)) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
  return { kind: "log", low: high === 0 ? 0 : low, high };
}

/** Cells as bytes in base64. Rounds to the nearest step, so that a larger value never has a smaller byte. */
export function encodeCells(cells: Float64Array, scale: CellScale): string {
  const bytes = new Uint8Array(cells.length);
  const { kind, low, high } = scale;
  const byteOf = kind === "linear" ? linearByte(low, high) : logByte(low, high);
  for (let i = 0; i < cells.length; i++) {
    const value = cells[i] ?? 0;
    bytes[i] = Number.isFinite(value) ? byteOf(value) : NOT_FINITE;
  }
  return Buffer.from(bytes.buffer).toString("base64");
}

function linearByte(low: number, high: number): (value: number) => number {
  // Halves first: float64 values of both ends of its range are further apart than it reaches.
  const span = high / 2 - low / 2;
  return (value) => (span === 0 ? HIGHEST : clamp(((value / 2 - low / 2) / span) * HIGHEST, 0));
}

function logByte(low: number, high: number): (value: number) => number {
  const start = Math.log(low);
  const span = Math.log(high) - start;
  return (value) =>
    value === 0 ? 0 : span === 0 ? HIGHEST : clamp(1 + ((Math.log(value) - start) / span) * (HIGHEST - 1), 1);
}

function clamp(value: number, least: number): number {
  return Math.min(HIGHEST, Math.max(least, Math.round(value)));
}
