import type { Lens } from "../../../details.js";
import { decodeFloats } from "./cells.js";
import type { Spot } from "./picture-index.js";

export interface LensCell extends Spot {
  readonly reference: number;
  readonly candidate: number;
}

/** Exact values around the worst element of a plane. */
export interface LensCells {
  readonly lens: Lens;
  /** Row-major. */
  readonly cells: readonly LensCell[];
  /** The element with the largest error; one that is finite on one side only is worse than any other. */
  readonly worst: LensCell | null;
}

/** Unpacks a lens. Pure. */
export function readLens(lens: Lens): LensCells {
  const reference = decodeFloats(lens.reference);
  const candidate = decodeFloats(lens.candidate);
  const cells = Array.from(
    { length: lens.rows * lens.columns },
    (_, at): LensCell => ({
      row: lens.row + Math.floor(at / lens.columns),
      column: lens.column + (at % lens.columns),
      reference: reference[at] ?? Number.NaN,
      candidate: candidate[at] ?? Number.NaN,
    }),
  );
  let worst: LensCell | null = null;
  for (const cell of cells) {
    if (worst === null || errorOf(cell) > errorOf(worst)) worst = cell;
  }
  return { lens, cells, worst };
}

/** |candidate − reference|; infinite where only one is a number or they are different infinities. */
export function errorOf({ reference, candidate }: Pick<LensCell, "reference" | "candidate">): number {
  if (Object.is(reference, candidate) || reference === candidate) return 0;
  const error = Math.abs(candidate - reference);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

/** The part of a lens with at most `size` rows and columns that has the worst element as near to its middle as may be. */
export function cropLens({ lens, cells, worst }: LensCells, size: number): LensCells {
  const rows = Math.min(size, lens.rows);
  const columns = Math.min(size, lens.columns);
  const begin = (at: number, first: number, all: number, wanted: number) =>
    first + Math.max(0, Math.min(at - first - (wanted >> 1), all - wanted));
  const row = begin(worst?.row ?? lens.row, lens.row, lens.rows, rows);
  const column = begin(worst?.column ?? lens.column, lens.column, lens.columns, columns);
  const kept = cells.filter(
    (cell) => cell.row >= row && cell.row < row + rows && cell.column >= column && cell.column < column + columns,
  );
  return { lens: { ...lens, row, column, rows, columns }, cells: kept, worst };
}
