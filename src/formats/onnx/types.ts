import type { TensorShape } from "../tf-proto/types.js";

export type { TensorShape };

/** Fields that are kept as they stand in the file, tag included, so that writing a model back loses none of them. */
export type RawFields = readonly Uint8Array[];

/** Where the numbers of a tensor are. */
export type OnnxData =
  /** `raw_data` that is in memory, or was left in the model's file. */
  | { readonly kind: "raw"; readonly bytes: Uint8Array }
  | { readonly kind: "in-file"; readonly offset: number; readonly length: number }
  /** A file beside the model. `length` null: as much as the tensor needs. */
  | { readonly kind: "external"; readonly location: string; readonly offset: number; readonly length: number | null }
  /** One of the repeated fields (`float_data`, …): the numbers, little-endian, as wide as the field's own type. */
  | {
      readonly kind: "typed";
      readonly field: number;
      readonly bytes: Uint8Array;
      readonly strings: readonly Uint8Array[];
    };

/** A `TensorProto`. */
export interface OnnxTensor {
  readonly name: string;
  /** `TensorProto.DataType`. */
  readonly elemType: number;
  readonly dims: readonly number[];
  readonly data: OnnxData;
  /** Byte in the file at which the message begins. */
  readonly offset: number;
  /** Documentation, metadata, fields of later versions. */
  readonly unknown: RawFields;
}

/** An `AttributeProto`. Numbers and tensors are decoded; `raw` is the message as it stands, for writing it back. */
export interface OnnxAttribute {
  readonly name: string;
  readonly raw: Uint8Array;
  readonly int?: number | bigint;
  readonly float?: number;
  readonly string?: Uint8Array;
  readonly ints?: readonly (number | bigint)[];
  readonly floats?: readonly number[];
  readonly tensor?: OnnxTensor;
  /** Tensors that graphs inside of it read: their own, and those of the graph around. Absent: it holds no graph. */
  readonly graphReads?: readonly string[];
}

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** "" is ONNX's own. */
  readonly domain: string;
  /** "" stands for an optional input that is not given. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  /** `metadata_props`: where torch's exporter says which module a node comes from. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly unknown: RawFields;
}

/** A `ValueInfoProto`: what is known of a tensor. */
export interface OnnxValueInfo {
  readonly name: string;
  /** 0 when it is not said, or no tensor. */
  readonly elemType: number;
  /** Null when nothing is said; -1 and `params` for symbolic sizes. */
  readonly dims: readonly number[] | null;
  /** Names of symbolic sizes by axis, "" where there is none. */
  readonly params: readonly string[];
  /** False for sequences, maps and optionals. */
  readonly isTensor: boolean;
  readonly raw: Uint8Array;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly valueInfo: readonly OnnxValueInfo[];
  readonly unknown: RawFields;
}

export interface OnnxModel {
  /** As it was opened. */
  readonly file: string;
  readonly irVersion: number;
  readonly producer: string;
  /** Version of each domain's operators; "" is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: OnnxGraph;
  /** Names of the functions that the model brings along. */
  readonly functions: readonly string[];
  /** All fields but the graph. */
  readonly unknown: RawFields;
}
