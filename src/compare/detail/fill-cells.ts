import type { DetailKernel } from "../detail-kernel.js";
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
    private readonly kernel: DetailKernel | null = null,
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

  /** @param finite whether everything is finite, and with a kernel the block its own */
  add(block: DifferenceBlock, first: number, length: number, finite: boolean): void {
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
      if (this.kernel !== null && finite) {
        const cells = this.planes[this.shown[plane] ?? -1];
        const cell = Math.floor(row / tile[0]) * across + Math.floor(column / tile[1]);
        if (cells !== undefined)
          mergeCells(this.kernel, from, to, start, size, cells, cell, inner === "column" ? 1 : across);
        return;
      }
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

/** Takes the cells of a run, which follow one another by `step`, from the kernel. */
function mergeCells(
  kernel: DetailKernel,
  from: number,
  to: number,
  start: number,
  size: number,
  cells: PlaneCells,
  first: number,
  step: number,
): void {
  const found = kernel.fillCells(from, to, start, size);
  const count = Math.floor((start + to - from - 1) / size) - Math.floor(start / size) + 1;
  for (let k = 0, cell = first; k < count; k++, cell += step) {
    const at = 5 * k;
    const r = found[at] ?? 0;
    const c = found[at + 1] ?? 0;
    if (isLarger(r, cells.reference[cell] ?? 0)) cells.reference[cell] = r;
    if (isLarger(c, cells.candidate[cell] ?? 0)) cells.candidate[cell] = c;
    cells.difference[cell] = Math.max(cells.difference[cell] ?? 0, found[at + 2] ?? 0);
    cells.relative[cell] = Math.max(cells.relative[cell] ?? 0, found[at + 3] ?? 0);
    cells.ulp[cell] = Math.max(cells.ulp[cell] ?? 0, found[at + 4] ?? 0);
  }
}

/** Of two of the same magnitude the positive one counts, whatever the order. */
function isLarger(value: number, than: number): boolean {
  const [size, other] = [Math.abs(value), Math.abs(than)];
  return size > other || (size === other && value > than);
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
    if (rAbs > rSize || (rAbs === rSize && rValue > r)) {
      rSize = rAbs;
      r = rValue;
    }
    if (cAbs > cSize || (cAbs === cSize && cValue > c)) {
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
