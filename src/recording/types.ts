import type { DType } from "../formats/types.js";

export const RECORDING_SCHEMA_VERSION = 1;

export type Side = "reference" | "candidate";

export interface SourcePlace {
  /** Path as the user would type it, relative to the working directory where possible. */
  readonly file: string;
  readonly line: number;
}

/** One recorded tensor. Its values for case c are the tensor `id` in the file `<c>.safetensors` of the recording. */
export interface Tap {
  /** Unique within the side, stable between runs. */
  readonly id: string;
  /** The scope (`model/h0/attn`) or the module path (`h.0.attn`; "" is the root module) that made it. */
  readonly path: string;
  /** Op type (`MatMul`) or module class (`Linear`). */
  readonly type: string;
  /** 1 for the first call of a module in a forward pass; always 1 on the reference side. */
  readonly call: number;
  /** Which output of the module: null for its only tensor, else a key such as `0`, `logits`, `0.1`. Reference: null. */
  readonly slot: string | null;
  /** Reference: the fetched tensor (`model/h0/add_1:0`). Candidate: null. */
  readonly tensor: string | null;
  /** Reference: why this tensor is a tap. Candidate: `module`. */
  readonly kind: "scope" | "weighted-op" | "entering" | "output" | "module";
  readonly dtype: DType;
  /** Shape per case id. A case in which the tap did not occur has no entry. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly source: SourcePlace | null;
  readonly isOutput: boolean;
}

export interface RecordedInput {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** sha256 of dtype, shape and little-endian bytes. */
  readonly sha256: string;
}

export interface RecordedCase {
  readonly id: string;
  readonly label: string;
  readonly inputs: readonly RecordedInput[];
}

export interface Recording {
  readonly schemaVersion: typeof RECORDING_SCHEMA_VERSION;
  readonly side: Side;
  readonly model: {
    readonly kind: string;
    readonly paths: readonly string[];
    readonly sizes: readonly number[];
    readonly sha256: readonly string[];
  };
  readonly runtime: Readonly<Record<string, string>>;
  readonly device: string;
  readonly threads: number;
  readonly precision: "float32" | "float64";
  readonly cases: readonly RecordedCase[];
  /** In execution order (order of completion on the candidate side). */
  readonly taps: readonly Tap[];
}
