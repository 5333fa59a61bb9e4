import type { MetaGraphDef, NodeDef } from "../formats/tf-proto/types.js";
import type { TensorFile } from "../formats/types.js";

/** An original in the one form that all others are brought into: one graph without calls, and the values of its variables. */
export interface GraphModel {
  /** Without calls of functions. Its variables are ops of `VARIABLE_OPS`, whatever they were in the file. */
  readonly metaGraph: MetaGraphDef;
  /** The file that the graph was read from, for messages. */
  readonly file: string;
  /** By the keys that the graph's variables have. The owner closes it. */
  readonly variables: TensorFile;
  /** How the runtime comes by the values. */
  readonly restore: Restore;
  /** The tensors that the model gives as its signature says; null where it has none. */
  readonly outputs: readonly string[] | null;
  /** The signature's own names of these outputs. */
  readonly outputNames: ReadonlyMap<string, string>;
}

export interface Restore {
  /** The prefix of the checkpoint; null where everything is in the graph. */
  readonly prefix: string | null;
  /** The checkpoint's key of a variable, where it is another than the variable's own. */
  readonly keys: ReadonlyMap<string, string>;
  /** By the name of a variable's op, the constant that stands there when the graph is run. */
  readonly constants: ReadonlyMap<string, NodeDef>;
}

/** A checkpoint that is restored under its own names. */
export function restoreFrom(prefix: string | null): Restore {
  return { prefix, keys: new Map(), constants: new Map() };
}
