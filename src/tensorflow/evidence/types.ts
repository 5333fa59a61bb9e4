/** What the original's graph says about one stretch of computation, for the diagnosis. Tensors are named `node:slot`. */

export type AttributeValue = number | string | boolean | readonly (number | string)[];

/** An op of the original between known tensors and the tensor that is asked about. */
export interface OriginalOp {
  readonly node: string;
  readonly op: string;
  /** Data inputs in order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that are numbers, text, flags or lists of them: strides, padding, data_format, transpose_b, align_corners. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface OriginalConstant {
  readonly shape: readonly number[];
  /** Row-major; only constants of at most 4096 elements are read. */
  readonly values: readonly number[];
  /** The Const op that holds it. */
  readonly node: string;
}

/** The ops on which `target` depends, back to `sources`, variables, constants and inputs. */
export interface OriginalRegion {
  readonly target: string;
  /** In execution order. */
  readonly ops: readonly OriginalOp[];
  /** Tensors at which it begins, and which are known to agree. */
  readonly sources: readonly string[];
  /** Floating tensors inside that can be read by a session, the target included, in execution order. */
  readonly readable: readonly string[];
  /** Constants that its ops read, by tensor name (through Identity, Cast and small folds such as sqrt(const)). */
  readonly constants: ReadonlyMap<string, OriginalConstant>;
  /** Checkpoint keys whose variables its ops read, by tensor name (through reads, casts, reshapes). */
  readonly variables: ReadonlyMap<string, string>;
  /** What the ops mean. */
  readonly patterns: readonly Pattern[];
}

interface Recognised {
  /** Tensor that the stretch reads (its data, not weights), and the one it gives. */
  readonly input: string;
  readonly output: string;
  /** Ops that belong to it. */
  readonly nodes: readonly string[];
}

/** A number of the original and the op that holds it, so that a message can name it. */
export interface Sourced<T> {
  readonly value: T;
  readonly node: string;
}

export type Pattern = Recognised &
  (
    | {
        readonly kind: "normalisation";
        /** `layer`: centred over trailing axes of each position; `rms`: not centred; `l2`: x/‖x‖; `batch`: by stored statistics. */
        readonly variant: "layer" | "rms" | "batch" | "group" | "instance" | "l2";
        readonly epsilon: Sourced<number> | null;
        /** `inside`: sqrt(v + ε); `outside`: sqrt(v) + ε; `maximum`: sqrt(max(v, ε)). */
        readonly placement: "inside" | "outside" | "maximum" | null;
        /** Axes that the statistics are taken over; null where the graph does not tell or for stored statistics. */
        readonly axes: readonly number[] | null;
        readonly groups: number | null;
        /** Keys of the stored statistics (batch). */
        readonly mean: string | null;
        readonly variance: string | null;
        readonly scale: string | null;
        readonly offset: string | null;
      }
    | {
        readonly kind: "activation";
        /** `gelu-tanh`, `gelu-erf`, `gelu-sigmoid`, `relu`, `relu6`, `leaky-relu`, `elu`, `selu`, `softplus`, `swish`, `mish`, `tanh`, `sigmoid`, `hard-sigmoid`, `hard-swish`, `clip`, `square`, `abs`, `prelu` … */
        readonly name: string;
        /** Slope, alpha, lower and upper bound, by name. */
        readonly parameters: Readonly<Record<string, Sourced<number>>>;
        /** Key of a stored slope (prelu). */
        readonly weight?: string;
      }
    | { readonly kind: "softmax"; readonly log: boolean; readonly axis: number }
    /** x · factor or x / divisor by a constant (or by a power of a size); `factor` is what x is multiplied by. */
    | { readonly kind: "scale"; readonly factor: Sourced<number> }
    /** x + c by a constant scalar (not an epsilon under a root). */
    | { readonly kind: "shift"; readonly term: Sourced<number> }
    /** Large negative number added or selected where a mask says so. */
    | { readonly kind: "mask"; readonly constant: Sourced<number>; readonly form: "add" | "select" | "multiply" }
    | {
        readonly kind: "convolution";
        readonly transposed: boolean;
        readonly depthwise: boolean;
        readonly kernel: string | null;
        readonly strides: readonly number[];
        readonly dilations: readonly number[];
        /** SAME, VALID, or explicit pairs in the order of the spatial axes. */
        readonly padding: "SAME" | "VALID" | readonly (readonly [number, number])[];
        readonly channelsLast: boolean;
      }
    | {
        readonly kind: "pool";
        readonly type: "max" | "average";
        readonly size: readonly number[];
        readonly strides: readonly number[];
        readonly padding: "SAME" | "VALID" | readonly (readonly [number, number])[];
        readonly channelsLast: boolean;
      }
    | { readonly kind: "mean-pool"; readonly axes: readonly number[] }
    | {
        readonly kind: "resize";
        readonly method: "nearest" | "bilinear" | "bicubic" | "area" | "lanczos";
        readonly alignCorners: boolean;
        readonly halfPixelCentres: boolean;
        readonly antialias: boolean;
      }
    | {
        readonly kind: "pad";
        readonly before: readonly number[];
        readonly after: readonly number[];
        readonly mode: string;
        readonly value: number;
      }
    | { readonly kind: "transpose"; readonly permutation: readonly number[] }
    | { readonly kind: "reshape"; readonly shape: readonly number[] | null }
    /** `stacks`: along an axis that did not exist before. */
    | { readonly kind: "concat"; readonly axis: number; readonly count: number; readonly stacks?: true }
    /** `stacks`: the axis is gone in the parts. */
    | { readonly kind: "split"; readonly axis: number; readonly count: number; readonly stacks?: true }
    | { readonly kind: "lookup"; readonly table: string | null; readonly ids: string }
    | { readonly kind: "one-hot"; readonly depth: number | null }
    | { readonly kind: "residual"; readonly skipped: string }
    | { readonly kind: "matmul"; readonly kernel: string | null; readonly transposed: boolean }
    | { readonly kind: "bias"; readonly key: string }
    | { readonly kind: "einsum"; readonly equation: string }
    | { readonly kind: "reverse"; readonly axes: readonly number[] | null }
    | { readonly kind: "cumulative"; readonly op: string; readonly exclusive: boolean; readonly reverse: boolean }
    | {
        readonly kind: "recurrent";
        readonly cell: "lstm" | "gru" | "rnn";
        /** Order of the gate blocks in the kernel's columns: `["i","j","f","o"]`, `["z","r","h"]`, `["r","u"]`. */
        readonly gates: readonly string[];
        readonly forgetBias: Sourced<number> | null;
        readonly kernel: string | null;
        readonly recurrentKernel: string | null;
        readonly bias: string | null;
        /** Bias of the recurrent product where it has its own. */
        readonly recurrentBias?: string | null;
        /** GRU as TensorFlow 1 has it: kernel and bias of the candidate, whose gates have another. */
        readonly candidateKernel?: string | null;
        readonly candidateBias?: string | null;
        /** GRU: the reset gate acts after the recurrent product. */
        readonly resetAfter: boolean | null;
      }
  );
