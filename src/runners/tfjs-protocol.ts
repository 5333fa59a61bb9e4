import type { DType } from "../formats/types.js";

/** What parity asks of the in-process TensorFlow worker (docs/protocol.md, "Reference"). */
export interface WorkerFeed {
  /** `node:slot`. */
  readonly tensor: string;
  readonly dtype: DType;
  /** TensorFlow's name of the dtype, `DT_INT32`. */
  readonly tfDtype: string;
  /** The safetensors file and the tensor in it; or one number for a scalar switch. */
  readonly from: { readonly file: string; readonly name: string } | { readonly scalar: number };
}

export interface WorkerFetch {
  /** Name under which the value is recorded. */
  readonly name: string;
  /** The tensor to ask the session for. */
  readonly read: string;
  readonly dtype: DType;
  /** The session hands over int32 pairs that are the bits of float64. */
  readonly bitcast: boolean;
}

export interface WorkerCase {
  readonly id: string;
  readonly feeds: readonly WorkerFeed[];
}

export interface OpenParams {
  readonly directory: string;
  readonly tag: string;
  /** Several models can be open under different names; without one it is `main`. A name that is open is opened anew. */
  readonly session?: string;
}

export interface RecordParams {
  readonly session?: string;
  readonly out: string;
  readonly cases: readonly WorkerCase[];
  readonly fetches: readonly WorkerFetch[];
}

export interface RecordResult {
  /** Shape of every fetch by name, per case. */
  readonly shapes: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  readonly seconds: Readonly<Record<string, number>>;
  /** sha256 of every input as this process read it, by its name in the inputs file. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface SampleParams {
  readonly session?: string;
  readonly fetches: readonly WorkerFetch[];
}

/** Base64 of each fetch's little-endian bytes, in order. */
export interface SampleResult {
  readonly values: readonly string[];
}
