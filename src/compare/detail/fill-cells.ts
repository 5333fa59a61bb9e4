import type { Numbers } from "./fill-differences.js";
import type { RunWalker } from "./walk-runs.js";

/** The cells of one plane, row-major; ±Infinity where a value is NaN or ±Inf. */
export interface PlaneCells {
  readonly reference: Float64Array;
  readonly candidate: Float64Array;
  readonly difference: Float64Array;
  readonly relative: Float64Array;
  readonly ulp: Float64Array;
}

/** One block of both sides with its differences; NaN has been replaced by Infinity. */
export interface DifferenceBlock {
  readonly reference: Numbers;
  readonly candidate: Numbers;
  readonly errors: Float64Array;
  readonly relative: Float32Array;
  readonly ulp: Float32Array;
}

export interface CellGrid {
  readonly tile: readonly [number, number];
  /** Cells in each direction. */
  readonly down: number;
  readonly across: number;
}

/** Cells for `rows` × `columns` elements, at most `limit` of them in each direction. Every cell but the last ones is full. */
export function makeGrid(rows: number, columns: number, limit: readonly [number, number]): CellGrid {
  const tile = [Math.max(1, Math.ceil(rows / limit[0])), Math.max(1, Math.ceil(columns / limit[1]))] as const;
  return { tile, down: Math.ceil(rows / tile[0]), across: Math.ceil(columns / tile[1]) };
}

/** Takes the worst of the elements that a cell covers, for the planes that are shown. */
export class CellFiller {
  readonly planes: readonly PlaneCells[];
  /** Place in `planes` by plane; −1 for planes that are not shown. */
  private readonly shown: Int32Array;

  constructor(
    private readonly walker: RunWalker,
    private readonly grid: CellGrid,
    shown: readonly number[],
    planes: number,
  ) {
    const cells = (): Float64Array => new Float64Array(grid.down * grid.across);
    this.planes = shown.map(() => ({
      reference: cells(),
      candidate: cells(),
      difference: cells(),
      relative: cells(),
      ulp: cells(),
    }));
    this.shown = new Int32Array(planes).fill(-1);
    for (const [at, plane] of shown.entries()) this.shown[plane] = at;
  }

  add(block: DifferenceBlock, first: number, length: number): void {
    const { inner } = this.walker;
    const { tile, across } = this.grid;
    this.walker.walk(first, length, (from, to, plane, row, column) => {
      if (inner === "plane") {
        const cell = Math.floor(row / tile[0]) * across + Math.floor(column / tile[1]);
        for (let i = from; i < to; i++) this.fill(block, i, i + 1, plane + i - from, cell);
        return;
      }
      const size = inner === "column" ? tile[1] : tile[0];
      const start = inner === "column" ? column : row;
      for (let i = from; i < to; ) {
        const along = start + i - from;
        const end = Math.min(to, i + size - (along % size));
        const cell =
          inner === "column"
            ? Math.floor(row / tile[0]) * across + Math.floor(along / size)
            : Math.floor(along / size) * across + Math.floor(column / tile[1]);
        this.fill(block, i, end, plane, cell);
        i = end;
      }
    });
  }

  private fill(block: DifferenceBlock, from: number, to: number, plane: number, cell: number): void {
    const cells = this.planes[this.shown[plane] ?? -1];
    if (cells !== undefined) fillCell(block, from, to, cells, cell);
  }
}

function fillCell(block: DifferenceBlock, from: number, to: number, cells: PlaneCells, cell: number): void {
  const { reference, candidate, errors, relative, ulp } = block;
  let r = cells.reference[cell] ?? 0;
  let c = cells.candidate[cell] ?? 0;
  let [rSize, cSize] = [Math.abs(r), Math.abs(c)];
  let difference = cells.difference[cell] ?? 0;
  let ratio = cells.relative[cell] ?? 0;
  let distance = cells.ulp[cell] ?? 0;
  for (let i = from; i < to; i++) {
    const rValue = reference[i] ?? 0;
    const cValue = candidate[i] ?? 0;
    const rAbs = Math.abs(rValue);
    const cAbs = Math.abs(cValue);
    if (rAbs > rSize) {
      rSize = rAbs;
      r = rValue;
    }
    if (cAbs > cSize) {
      cSize = cAbs;
      c = cValue;
    }
    const error = errors[i] ?? 0;
    const ratioHere = relative[i] ?? 0;
    const distanceHere = ulp[i] ?? 0;
    if (error > difference) difference = error;
    if (ratioHere > ratio) ratio = ratioHere;
    if (distanceHere > distance) distance = distanceHere;
  }
  cells.reference[cell] = r;
  cells.candidate[cell] = c;
  cells.difference[cell] = difference;
  cells.relative[cell] = ratio;
  cells.ulp[cell] = distance;
}
