import type { AxisProfile } from "../compare/types.js";
import type { SourcePlace } from "../recording/types.js";

/**
 * What the page of one layer shows beyond the figures of its pair: the tensors of one case, made small enough to travel with
 * the report. All indices and shapes are in the candidate's order of axes; the reference is laid out likewise.
 */
export interface LayerDetail {
  /** Id of the pair. */
  readonly pair: string;
  /** The case that decided. */
  readonly case: string;
  /** Which of the candidate's tensors is shown: of the layer fed the reference's own tensors, or of the free run. */
  readonly run: "local" | "accumulated";
  readonly shape: readonly number[];
  /** What each axis is, where that is known: `batch`, `token`, `channel`, `head`, `height`, `width`, else `axis 2`. */
  readonly axes: readonly string[];
  readonly statistics: { readonly reference: TensorStatistics; readonly candidate: TensorStatistics };
  readonly picture: Picture;
  readonly histogram: SharedHistogram;
  readonly scatter: ErrorScatter;
  readonly profiles: readonly AxisProfile[];
  /** The elements with the largest error, worst first; at most ten. */
  readonly worst: readonly WorstElement[];
  /** The calls inside the layer, in order of execution; empty where they were not recorded (a layer that agrees). */
  readonly calls: readonly DetailCall[];
  /** The original's ops inside its scope, in order of execution. `cut` says how many more there are. */
  readonly ops: { readonly shown: readonly DetailOp[]; readonly cut: number };
  /** The command that checks this layer alone. */
  readonly command: string;
}

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
  /** Axes of which each index is a plane of its own: batch, head, image channel. */
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

/** Cells in row-major order, a byte each, in base64. 0 to 254 are values of the scale; 255 is NaN or ±Inf. */
export interface Plane {
  /** Index on each of `planeAxes`. */
  readonly index: readonly number[];
  /** The signed value of the largest magnitude in the cell. */
  readonly reference: string;
  readonly candidate: string;
  /** Largest |candidate − reference|. */
  readonly difference: string;
  /** Largest |candidate − reference| ÷ |reference|. */
  readonly relative: string;
  /** Largest distance in units in the last place. */
  readonly ulp: string;
  /** Exact values around the worst element of the plane. */
  readonly lens: Lens | null;
}

/**
 * What a byte stands for. `linear`: low + byte ÷ 254 · (high − low). `log`: 0 is exactly zero, 1 to 254 run evenly in the
 * logarithm from low to high. Where low = high every byte stands for it.
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

/** Counts of the values of both sides over the same bins: bin i holds values from edges[i] to edges[i + 1]. */
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

export interface WorstElement {
  readonly index: readonly number[];
  readonly reference: number;
  readonly candidate: number;
  readonly ulp: number;
}

export interface DetailCall {
  /** `F.gelu`, `torch.matmul`. */
  readonly name: string;
  readonly source: SourcePlace | null;
  readonly shape: readonly number[] | null;
}

export interface DetailOp {
  readonly name: string;
  readonly type: string;
}
