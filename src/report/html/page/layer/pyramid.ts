import { NON_FINITE_CELL } from "./cells.js";

/** A plane at one coarseness; a cell of it covers `factor` × `factor` cells of the finest. */
export interface Level {
  readonly cells: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  readonly factor: number;
}

/** How far a byte is from where there is nothing to see; the cell farthest from there stands for all. */
export type Weight = (byte: number) => number;

/** Errors: the larger byte is the worse. NaN and ±Inf are the largest byte there is. */
export const byMagnitude: Weight = (byte) => byte;

/** Signed values: the byte farthest from that of zero, which may lie off the scale. */
export function bySigned(zero: number): Weight {
  return (byte) => (byte === NON_FINITE_CELL ? Number.POSITIVE_INFINITY : Math.abs(byte - zero));
}

/**
 * Coarser levels, each of half the one before, until nothing is left to halve. A coarse cell takes the worst of the cells that
 * it covers, never their mean: what is worst at the bottom is worst at the top. Pure.
 */
export function buildPyramid(cells: Uint8Array, rows: number, columns: number, weight: Weight): Level[] {
  const levels: Level[] = [{ cells, rows, columns, factor: 1 }];
  for (let last = levels[0]; last !== undefined && last.rows * last.columns > 1; last = levels.at(-1)) {
    levels.push(halve(last, weight));
  }
  return levels;
}

function halve(fine: Level, weight: Weight): Level {
  const rows = Math.ceil(fine.rows / 2);
  const columns = Math.ceil(fine.columns / 2);
  const cells = new Uint8Array(rows * columns);
  const seen = new Uint8Array(rows * columns);
  for (let row = 0; row < fine.rows; row++) {
    for (let column = 0; column < fine.columns; column++) {
      const byte = fine.cells[row * fine.columns + column] ?? 0;
      const at = (row >> 1) * columns + (column >> 1);
      if (seen[at] === 0 || weight(byte) > weight(cells[at] ?? 0)) cells[at] = byte;
      seen[at] = 1;
    }
  }
  return { cells, rows, columns, factor: fine.factor * 2 };
}

/** The finest level that has no more cells than there are pixels in either direction. */
export function levelFor(levels: readonly Level[], width: number, height: number): Level | null {
  return levels.find((level) => level.columns <= width && level.rows <= height) ?? levels.at(-1) ?? null;
}
