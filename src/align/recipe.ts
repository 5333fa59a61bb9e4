/** How a tensor is made of variables of the checkpoint. Values are read only when the tensor is. */
export type Recipe =
  | { readonly kind: "variable"; readonly key: string }
  | { readonly kind: "reshape"; readonly of: Recipe; readonly shape: readonly number[] }
  | {
      readonly kind: "slice";
      readonly of: Recipe;
      readonly axis: number;
      readonly start: number;
      readonly length: number;
    }
  | { readonly kind: "concat"; readonly of: readonly Recipe[]; readonly axis: number }
  | { readonly kind: "sum"; readonly of: readonly Recipe[] }
  /** A constant added to elements `start` … of a vector. */
  | {
      readonly kind: "raise";
      readonly of: Recipe;
      readonly start: number;
      readonly length: number;
      readonly by: number;
    }
  | { readonly kind: "zeros"; readonly shape: readonly number[] }
  /** v · g / ‖v‖, the norm over all axes but the last (`tf.nn.l2_normalize(v, all but the last)`; Salimans and Kingma, 2016). */
  | { readonly kind: "weight-norm"; readonly direction: Recipe; readonly gain: Recipe }
  /** W · γ / √(σ² + ε), output by output: the batch normalisation behind a layer folded into its kernel. */
  | {
      readonly kind: "fold-scale";
      readonly of: Recipe;
      readonly scale: Recipe | null;
      readonly variance: Recipe;
      readonly epsilon: number;
      /** Elements behind one output (the inputs of a transposed kernel); 1 where outputs are last. */
      readonly inner: number;
    }
  /** (b − μ) · γ / √(σ² + ε) + β: the same folded into its bias. */
  | {
      readonly kind: "fold-shift";
      readonly bias: Recipe | null;
      readonly mean: Recipe;
      readonly scale: Recipe | null;
      readonly variance: Recipe;
      readonly offset: Recipe | null;
      readonly epsilon: number;
      readonly length: number;
    }
  /** ‖v‖ over all axes but the last. */
  | { readonly kind: "norm"; readonly of: Recipe };

/** A tensor that the checkpoint does not hold as such and a parameter is to hold. */
export interface DerivedVariable {
  /** Readable, and no key of the checkpoint: `rnn/lstm_cell/kernel[:12] gates i,f,g,o`. */
  readonly key: string;
  readonly shape: readonly number[];
  /** Keys of the variables that it is made of: they have found their place. */
  readonly parts: readonly string[];
  readonly recipe: Recipe;
}

/**
 * Of two biases that are added only the sum is determined: for the first `elements` of them what counts is the sum with
 * the partner's.
 */
export interface SharedSum {
  readonly with: string;
  readonly elements: number;
  /** The variable given for this parameter is the sum; the partner's is 0 there. */
  readonly carries: boolean;
}

/** A variable, derived or as it is, found for a parameter. */
export interface DerivedAssignment {
  readonly parameter: string;
  /** Of the derived variable, or of the checkpoint's own. */
  readonly key: string;
  readonly derived: DerivedVariable | null;
  readonly shared: SharedSum | null;
  /** Why no port can compute the same with this parameter, in words; null when it can. */
  readonly notConvertible: string | null;
}
