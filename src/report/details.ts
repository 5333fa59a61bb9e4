import type {
  DetailProfile,
  ErrorScatter,
  Picture,
  SharedHistogram,
  TensorStatistics,
  WorstElement,
} from "../compare/detail/types.js";
import type { SourcePlace } from "../recording/types.js";

export type {
  CellScale,
  DetailProfile,
  ErrorScatter,
  Lens,
  Picture,
  Plane,
  SharedHistogram,
  TensorStatistics,
  WorstElement,
} from "../compare/detail/types.js";

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
  readonly profiles: readonly DetailProfile[];
  /** The elements with the largest error, worst first; at most ten. */
  readonly worst: readonly WorstElement[];
  /** The calls inside the layer, in order of execution; empty where they were not recorded (a layer that agrees). */
  readonly calls: readonly DetailCall[];
  /** The original's ops inside its scope, in order of execution. `cut` says how many more there are. */
  readonly ops: { readonly shown: readonly DetailOp[]; readonly cut: number };
  /** The command that checks this layer alone. */
  readonly command: string;
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
