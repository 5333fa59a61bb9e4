import type { DType } from "../formats/types.js";

/** One input of a model with its values: little-endian, row-major. */
export interface InputTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: number[];
  readonly data: Uint8Array;
}

/** One set of inputs, fed identically to both sides. */
export interface Case {
  /** `c0`, `c1`, … in order. */
  readonly id: string;
  /** For people: "batch 1, length 7", "text: Hello…". */
  readonly label: string;
  /** In the order of the signatures. */
  readonly inputs: InputTensor[];
}

/** What the reference's graph says about one of its inputs. */
export interface InputSignature {
  readonly name: string;
  readonly dtype: DType;
  /** An unknown dimension is null; an unknown rank makes the whole shape null. */
  readonly shape: (number | null)[] | null;
  /** `token-ids`: the values select rows of an embedding table. */
  readonly role: "token-ids" | "other";
  /** Rows of that table, where the graph tells. */
  readonly vocabularySize: number | null;
  /** The longest sequence that the model has positions for, where the graph tells. */
  readonly contextLength: number | null;
}
