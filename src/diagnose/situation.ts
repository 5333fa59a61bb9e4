import type { Layout } from "../compare/types.js";
import type { SourcePlace } from "../recording/types.js";
import type { StoredTensor, Trace, TracedOp, TracedTensor } from "../runners/edits.js";
import type { OriginalOp, OriginalRegion, Pattern } from "../tensorflow/evidence/types.js";
import type { WeightFact } from "./types.js";

/** A tensor's values, row-major, in the order in which its own side has them. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** How a tensor inside the candidate's layer is found among those of the original. */
export interface Agreement {
  /** Tensor of the original, `node:slot`. */
  readonly tensor: string;
  /**
   * `same`: element for element up to axes of size 1; `permuted`: with its axes permuted; `reordered`: the same numbers in
   * an order that no permutation of axes gives, or with axes exchanged that are alike; `reshaped`: the same order, but the last axis is split or merged as no
   * tensor of the original's is.
   */
  readonly how: "same" | "permuted" | "reordered" | "reshaped";
  /** Original's axis that becomes axis i (numpy's transpose); null where it is no permutation. */
  readonly permute: readonly number[] | null;
}

/** The layer that differs. */
export interface FailedLayer {
  readonly pair: string;
  /** Candidate tap id: what is re-run and compared. */
  readonly tap: string;
  /** Module path ("" for the model's own output), its class and where it is constructed. */
  readonly module: string;
  readonly moduleType: string;
  readonly source: SourcePlace | null;
  readonly isOutput: boolean;
  /** Case whose values are shown: the smallest in which the layer differs. */
  readonly case: string;
  /** Reference → candidate. */
  readonly layout: Layout;
}

/** A parameter or buffer of the candidate as the diagnosis may need it. */
export interface ParameterInfo {
  readonly name: string;
  readonly module: string;
  readonly shape: readonly number[];
  readonly kind: "parameter" | "buffer";
}

/** A module of the candidate. */
export interface ModuleInfo {
  readonly path: string;
  readonly type: string;
  /** With the Python module that defines the class: `torch.nn.modules.linear.Linear`. */
  readonly qualname: string;
  readonly training: boolean;
  readonly source: SourcePlace | null;
}

/**
 * Everything that is known about one layer that differs although it was fed the original's own tensors: what the candidate
 * computes between those tensors and the layer's output, what the original computes there, and all values in one case.
 */
export interface Situation {
  readonly layer: FailedLayer;
  readonly trace: Trace;
  /** Ops of the trace, in order of execution. */
  readonly ops: readonly TracedOp[];
  readonly tensors: ReadonlyMap<string, TracedTensor>;
  /**
   * Ops from which the difference can come: those between tensors that agree with the original and the layer's output. A
   * fault outside of them would show in a tensor that agrees.
   */
  readonly suspects: readonly TracedOp[];
  /** By id of the candidate's tensor. Forced tensors and inputs agree by construction and are not listed. */
  readonly agreements: ReadonlyMap<string, Agreement>;
  readonly original: {
    readonly region: OriginalRegion;
    /** Ops between agreeing tensors and the target, as `suspects`. */
    readonly suspects: readonly OriginalOp[];
    /** Patterns of which at least one op is among the suspects. */
    readonly patterns: readonly Pattern[];
  };
  /** Values of a candidate tensor of the trace; null when it was not stored. */
  readonly value: (tensor: string) => TensorValue | null;
  /** Values of an original's tensor of the region or of a forced one. */
  readonly originalValue: (tensor: string) => TensorValue | null;
  /** The tensor of the original that a forced candidate tap was given, by tap id. */
  readonly forcedFrom: ReadonlyMap<string, string>;
  /** The model's inputs as both sides are fed them: by tensor of the original, the stored values of every case. */
  readonly inputFiles: ReadonlyMap<string, Readonly<Record<string, StoredTensor>>>;
  /** The layer's output on both sides, the original's in the candidate's layout. */
  readonly candidate: TensorValue;
  readonly reference: TensorValue;
  readonly weights: readonly WeightFact[];
  readonly parameters: readonly ParameterInfo[];
  readonly modules: readonly ModuleInfo[];
  /** Values of a candidate's parameter, and of a variable of the checkpoint. */
  readonly parameterValue: (name: string) => TensorValue | null;
  readonly variableValue: (key: string) => TensorValue | null;
  /** Shapes of all variables in the checkpoint, used by the original or not. */
  readonly variables: ReadonlyMap<string, readonly number[]>;
}
