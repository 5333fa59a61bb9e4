import type { DType } from "../formats/types.js";

/**
 * What a tensor of a model file is for: `parameter` (trained, and used by the forward pass), `statistic` (used, not trained: the
 * moving mean and variance of a batch norm), `slot` (an optimizer's memory of a parameter), `average` (a moving average of a
 * parameter), `bookkeeping` (steps, rates, the graph of objects).
 */
export type VariableKind = "parameter" | "statistic" | "slot" | "average" | "bookkeeping";

export interface InspectedVariable {
  /** The name by which people know it; the file's own where it has no other. */
  readonly name: string;
  /** The file's own name. */
  readonly key: string;
  readonly kind: VariableKind;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly bytes: number;
  /** The variable that a slot or a moving average belongs to, by its readable name. */
  readonly of: string | null;
}

export interface Amount {
  readonly tensors: number;
  readonly elements: number;
  readonly bytes: number;
}

/** A tensor that goes in or out of a graph. */
export interface GraphEnd {
  readonly name: string;
  readonly dtype: string;
  /** Null where the rank is not known; null sizes are not known. */
  readonly shape: readonly (number | null)[] | null;
}

export interface GraphSignature {
  /** "" for what was found in a graph that declares none. */
  readonly name: string;
  readonly inputs: readonly GraphEnd[];
  readonly outputs: readonly GraphEnd[];
}

/** What a graph that comes with the weights says about itself. */
export interface GraphFacts {
  /** The file that holds it. */
  readonly file: string;
  readonly writtenBy: string | null;
  readonly signatures: readonly GraphSignature[];
  /** Ops of the forward pass by kind, the most frequent first; of the whole graph where no forward pass was found. */
  readonly ops: readonly { readonly op: string; readonly count: number }[];
  readonly opsOf: "forward pass" | "whole graph";
  /** Ops of the whole graph, training and saving included. */
  readonly total: number;
  /** What could not be found out, and why. */
  readonly note: string | null;
}

export interface Inspection {
  readonly schemaVersion: 1;
  readonly path: string;
  /** "TensorFlow checkpoint", "safetensors", … */
  readonly format: string;
  readonly amounts: Readonly<Record<VariableKind, Amount>>;
  readonly variables: readonly InspectedVariable[];
  /** Names that are the same storage. */
  readonly tied: readonly (readonly string[])[];
  readonly graph: GraphFacts | null;
  /** Files beside the model, or parts of it, that hold its settings. */
  readonly settings: readonly { readonly file: string; readonly values: Readonly<Record<string, unknown>> }[];
  readonly vocabulary: readonly { readonly file: string; readonly entries: number | null; readonly bytes: number }[];
  /** What the file holds that parity does not read. */
  readonly unread: readonly { readonly name: string; readonly dtype: string }[];
}
