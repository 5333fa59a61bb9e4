import type { SourcePlace } from "../recording/types.js";

/**
 * Experiments as data: what is changed in the candidate before a layer is run again. An expression is evaluated by the
 * harness with torch, an edit says where its value is put. docs/protocol.md has the same in words.
 */

/** The n-th functional call (counted from 0, of any function) that the forward of a module makes itself, in one of its calls. */
export interface OpKey {
  /** Module path; "" for the model itself. */
  readonly module: string;
  /** Which call of the module in one forward pass, from 1. */
  readonly call: number;
  readonly index: number;
  /** The function's name (`gelu`, `layer_norm`, `add`): an edit of another function than this is refused. */
  readonly name: string;
  /**
   * The same in every step of a loop: the k-th step's call is `index` + k · `step.index` in call `call` + k · `step.call` of the
   * module, for k from 0, as far as it is one of that name. What an expression names by an op with a step is that of the same k.
   */
  readonly step?: { readonly index: number; readonly call: number };
}

/** A tensor in a safetensors file. */
export interface StoredTensor {
  readonly file: string;
  readonly tensor: string;
}

export type Expression =
  | number
  | string
  | boolean
  | null
  | readonly Expression[]
  /** The value that is being edited: the op's result, the module's output or input, the parameter's value. */
  | { readonly $: "self" }
  /** Infinity and NaN, which JSON lacks: "inf", "-inf", "nan". */
  | { readonly $: "number"; readonly value: "inf" | "-inf" | "nan" }
  /** `float32`, `int64`, …: torch.<name>. */
  | { readonly $: "dtype"; readonly name: string }
  /** An argument of the edited call as the model gave it, by position or by keyword. */
  | { readonly $: "argument"; readonly at: number | string }
  /** A parameter or buffer as it is at that moment (other edits of it made). */
  | { readonly $: "parameter"; readonly name: string }
  /** A tensor from a file, the same in every case or one per case. */
  | { readonly $: "tensor"; readonly file: string; readonly tensor: string }
  | { readonly $: "tensor"; readonly files: Readonly<Record<string, StoredTensor>> }
  /** What an earlier functional call of this forward pass gave (after its own edits). */
  | { readonly $: "result"; readonly op: OpKey; readonly slot?: number }
  /** What an earlier module gave (after forcing), by tap id. */
  | { readonly $: "tap"; readonly tap: string }
  /** `torch.mul`, `torch.nn.functional.pad`, `torch.Tensor.permute`: functions of these three namespaces only. */
  | {
      readonly $: "call";
      readonly fn: string;
      readonly args: readonly Expression[];
      readonly kwargs?: Readonly<Record<string, Expression>>;
    }
  /** The edited call itself, with some of its arguments exchanged (keys: position as text, or keyword). */
  | { readonly $: "original"; readonly arguments?: Readonly<Record<string, Expression>> };

/** `optional`: a run that ends before it comes to the edit's place is as good. */
export type Edit = AnyEdit & { readonly optional?: true };

type AnyEdit =
  /** The functional call gives this instead. */
  | { readonly kind: "op"; readonly op: OpKey; readonly value: Expression }
  /** The module's output (the slot that the tap id names) is this instead, before it is recorded and forced. */
  | { readonly kind: "output"; readonly tap: string; readonly value: Expression }
  /** One argument of a module's call, by position or keyword. */
  | {
      readonly kind: "input";
      readonly module: string;
      readonly call: number;
      readonly at: number | string;
      readonly value: Expression;
    }
  /** The parameter's or buffer's data. The shape may not change. */
  | { readonly kind: "parameter"; readonly parameter: string; readonly value: Expression }
  /** A plain attribute of a module: `eps`, `training`, `negative_slope`. */
  | {
      readonly kind: "attribute";
      readonly module: string;
      readonly attribute: string;
      readonly value: number | string | boolean | null | readonly number[];
    };

/** An argument of a traced call. `list` is a list or tuple; `other` is anything that is neither data nor tensor, in words. */
export type TracedArgument =
  | { readonly tensor: string }
  | { readonly value: number | string | boolean | null }
  | { readonly list: readonly TracedArgument[] }
  | { readonly other: string };

/** One functional call that the candidate made. */
export interface TracedOp {
  readonly key: OpKey;
  /** `torch.nn.functional.gelu`, `torch.Tensor.add`. */
  readonly qualname: string;
  /** Class of the module in whose forward it was called. */
  readonly moduleType: string;
  /** Names of the positional parameters where they are known: `["input", "normalized_shape", "weight", "bias", "eps"]`. */
  readonly names: readonly string[];
  readonly args: readonly TracedArgument[];
  readonly kwargs: Readonly<Record<string, TracedArgument>>;
  /** Ids of the tensors that it gave. */
  readonly outputs: readonly string[];
  /** The innermost line of the user's own code. */
  readonly source: SourcePlace | null;
}

export type TensorOrigin =
  /** Output of `ops[op]`. */
  | { readonly kind: "op"; readonly op: number }
  | { readonly kind: "parameter"; readonly name: string }
  /** Output of a module that was forced to the reference's tensor. */
  | { readonly kind: "tap"; readonly tap: string }
  /** Output of a module that was not forced (its ops could not be followed). */
  | { readonly kind: "module"; readonly module: string }
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "other" };

export interface TracedTensor {
  readonly id: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly origin: TensorOrigin;
  /** The values are in the trace's file under the id. */
  readonly stored: boolean;
}

/** What the candidate computes between forced tensors and one tap, in one case: only ops on which the tap depends. */
export interface Trace {
  readonly tap: string;
  /** In order of execution. */
  readonly ops: readonly TracedOp[];
  readonly tensors: readonly TracedTensor[];
  /** Id of the tensor that the tap holds; null when the trace lost it. */
  readonly observed: string | null;
  /** safetensors file with the values. */
  readonly file: string | null;
  /** Why the trace is incomplete or empty; null when it is whole. */
  readonly reason: string | null;
}
