import type { AxisProfile } from "../types.js";

/** Figures of one tensor; min, max, mean and std over its finite values, NaN where there are none. */
export interface TensorStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  readonly nan: number;
  readonly infinite: number;
  readonly zero: number;
}

/**
 * The tensor as matrices of rows × columns, one per plane. A cell covers `tile` elements of each direction and holds the
 * worst of them, so nothing is averaged away; coarser levels follow from it by taking the worst of cells again.
 */
export interface Picture {
  /** Axes along the rows and along the columns, outermost first; several are flattened into one direction. */
  readonly rowAxes: readonly number[];
  readonly columnAxes: readonly number[];
  /** Axes of which each index is a plane of its own: batch, head, image channel. Axes of size 1 are among them. */
  readonly planeAxes: readonly number[];
  /** Elements. */
  readonly rows: number;
  readonly columns: number;
  /** Elements per cell, [down, across]. */
  readonly tile: readonly [number, number];
  /** The planes that are shown, the worst ones first; `cut` says how many more there are. */
  readonly planes: readonly Plane[];
  readonly cut: number;
  /** One scale for reference and candidate, one each for the others. */
  readonly scales: {
    readonly value: CellScale;
    readonly difference: CellScale;
    readonly relative: CellScale;
    readonly ulp: CellScale;
  };
}

/**
 * Cells in row-major order, a byte each, in base64. 0 to 254 are values of the scale; 255 is NaN or ±Inf. An element that is
 * the same NaN or ±Inf on both sides is no difference: only `reference` and `candidate` have 255 there.
 */
export interface Plane {
  /** Index on each of `planeAxes`. */
  readonly index: readonly number[];
  /** The signed value of the largest magnitude in the cell. */
  readonly reference: string;
  readonly candidate: string;
  /** Largest |candidate − reference|. */
  readonly difference: string;
  /** Largest |candidate − reference| ÷ |reference|, over the elements whose reference is not 0. */
  readonly relative: string;
  /** Largest distance in units in the last place. */
  readonly ulp: string;
  /** Exact values around the worst element of the plane; null where nothing differs or room is short. */
  readonly lens: Lens | null;
}

/**
 * What a byte stands for. `linear`: low + byte ÷ 254 · (high − low). `log`: 0 is exactly zero, 1 to 254 run evenly in the
 * logarithm from low to high. Where low = high every byte (of `log`: from 1 on) stands for it.
 */
export interface CellScale {
  readonly kind: "linear" | "log";
  readonly low: number;
  readonly high: number;
}

export interface Lens {
  /** Row and column of the first element. */
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  /** Little-endian float32, row-major, in base64. */
  readonly reference: string;
  readonly candidate: string;
}

/** Counts of the finite values of both sides over the same bins: bin i holds values from edges[i] to edges[i + 1]. */
export interface SharedHistogram {
  readonly edges: readonly number[];
  readonly reference: readonly number[];
  readonly candidate: readonly number[];
}

/** Number of elements by magnitude of the reference (across) and of the error (up), both in powers of ten. */
export interface ErrorScatter {
  /** log₁₀ of the edges; the first column and row also hold what is smaller, zero included. */
  readonly magnitude: readonly number[];
  readonly error: readonly number[];
  /** Row-major, rows are errors, smallest first: (error.length − 1) × (magnitude.length − 1). */
  readonly counts: readonly number[];
}

/** An axis profile in which an entry may cover several slices of a long axis: the largest error, the rms over all of them. */
export interface DetailProfile extends AxisProfile {
  /** Slices per entry, but for the last one, which covers what is left; absent: 1. */
  readonly tile?: number | undefined;
}

export interface WorstElement {
  readonly index: readonly number[];
  readonly reference: number;
  readonly candidate: number;
  readonly ulp: number;
}

/** How much of a tensor is shown. */
export interface DetailSize {
  /** Largest number of cells of a plane, [down, across]. */
  readonly cells: readonly [number, number];
  readonly planes: number;
  /** Elements of a lens, [down, across]; null: no lens. */
  readonly lens: readonly [number, number] | null;
  readonly bins: number;
  /** Powers of ten, of the magnitude and of the error. */
  readonly decades: number;
  /** Entries of a profile. */
  readonly entries: number;
  readonly worst: number;
}

/** What is shown of one pair of tensors. */
export interface TensorDetail {
  readonly shape: readonly number[];
  readonly statistics: { readonly reference: TensorStatistics; readonly candidate: TensorStatistics };
  readonly picture: Picture;
  readonly histogram: SharedHistogram;
  readonly scatter: ErrorScatter;
  readonly profiles: readonly DetailProfile[];
  readonly worst: readonly WorstElement[];
}
