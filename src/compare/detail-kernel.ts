interface Constant {
  readonly value: number;
}

/** What kernel/detail.ts and kernel/detail-memory.ts export. */
export interface DetailExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly REFERENCE: Constant;
  readonly CANDIDATE: Constant;
  readonly DETAIL_BLOCK: Constant;
  readonly COLUMNS: Constant;
  readonly ERRORS: Constant;
  readonly RELATIVE: Constant;
  readonly ULP: Constant;
  readonly FIGURES: Constant;
  readonly SLOT_OF_EXPONENT: Constant;
  readonly NEXT_FROM: Constant;
  readonly SCATTER: Constant;
  readonly BIN_COUNTS: Constant;
  readonly COLUMN_MAX: Constant;
  readonly COLUMN_SQUARES: Constant;
  readonly CELLS: Constant;
  detailErrors(count: number): number;
  detailRatios(count: number): void;
  detailFigures(at: number, count: number, shift: number): void;
  detailBins(at: number, count: number, low: number, perUnit: number, last: number, side: number): void;
  detailScatter(count: number): void;
  detailRow(from: number, to: number, column: number): void;
  detailCells(from: number, to: number, start: number, size: number): void;
}

export type KernelSide = "reference" | "candidate";

/**
 * The kernel's loops for the details of a layer, over blocks of float32 numbers that lie in its own memory. All but `fillErrors`
 * take it that the block is finite. One tensor pair at a time: counts and columns are shared.
 */
export interface DetailKernel {
  readonly reference: Float32Array;
  readonly candidate: Float32Array;
  readonly errors: Float64Array;
  readonly relative: Float32Array;
  readonly ulp: Float32Array;
  /** Whether the block was finite; if not, nothing was done. */
  fillErrors(count: number): boolean;
  fillRatios(count: number): void;
  /** Smallest, largest, sum and sum of squares around `shift`, zeros: overwritten by the next call. */
  figures(side: KernelSide, count: number, shift: number): Float64Array;
  countBins(side: KernelSide, count: number, low: number, perUnit: number, last: number): void;
  /** 256 counts. */
  binCounts(side: KernelSide): Uint32Array;
  countScatter(count: number): void;
  readonly scatterCounts: Uint32Array;
  /** Tables of 256 entries that say in which slot a number counts: see count-scatter.ts. */
  readonly slotOfExponent: Int32Array;
  readonly nextFrom: Int32Array;
  /** Adds to the columns; gives the row's largest error and sum of squares, overwritten by the next call. */
  addRow(from: number, to: number, column: number): Float64Array;
  readonly columnMax: Float64Array;
  readonly columnSquares: Float64Array;
  /** Five figures per cell: signed extremes of both sides, error, relative error, ULP. */
  fillCells(from: number, to: number, start: number, size: number): Float64Array;
}

/** Counts per side; slots of the scatter in each direction. */
const BINS = 256;
const SLOTS = 79;
const FIGURES = 5;

export function makeDetailKernel(kernel: DetailExports): DetailKernel {
  const { buffer } = kernel.memory;
  const block = kernel.DETAIL_BLOCK.value;
  const places = { reference: kernel.REFERENCE.value, candidate: kernel.CANDIDATE.value };
  const sides = { reference: 0, candidate: 1 };
  const figures = new Float64Array(buffer, kernel.FIGURES.value, FIGURES);
  const cells = new Float64Array(buffer, kernel.CELLS.value, FIGURES * block);
  const counts = (side: KernelSide): Uint32Array =>
    new Uint32Array(buffer, kernel.BIN_COUNTS.value + sides[side] * BINS * 4, BINS);
  const bins = { reference: counts("reference"), candidate: counts("candidate") };
  return {
    reference: new Float32Array(buffer, places.reference, block),
    candidate: new Float32Array(buffer, places.candidate, block),
    errors: new Float64Array(buffer, kernel.ERRORS.value, block),
    relative: new Float32Array(buffer, kernel.RELATIVE.value, block),
    ulp: new Float32Array(buffer, kernel.ULP.value, block),
    fillErrors: (count) => kernel.detailErrors(count) !== 0,
    fillRatios: kernel.detailRatios,
    figures(side, count, shift) {
      kernel.detailFigures(places[side], count, shift);
      return figures;
    },
    countBins: (side, count, low, perUnit, last) =>
      kernel.detailBins(places[side], count, low, perUnit, last, sides[side]),
    binCounts: (side) => bins[side],
    countScatter: kernel.detailScatter,
    scatterCounts: new Uint32Array(buffer, kernel.SCATTER.value, SLOTS * SLOTS),
    slotOfExponent: new Int32Array(buffer, kernel.SLOT_OF_EXPONENT.value, 256),
    nextFrom: new Int32Array(buffer, kernel.NEXT_FROM.value, 256),
    addRow(from, to, column) {
      kernel.detailRow(from, to, column);
      return figures;
    },
    columnMax: new Float64Array(buffer, kernel.COLUMN_MAX.value, kernel.COLUMNS.value),
    columnSquares: new Float64Array(buffer, kernel.COLUMN_SQUARES.value, kernel.COLUMNS.value),
    fillCells(from, to, start, size) {
      kernel.detailCells(from, to, start, size);
      return cells;
    },
  };
}
