import type { TensorProto } from "./tensor-proto.js";

/**
 * TensorFlow's graph messages as plain data. Every message keeps what it does not know, tags included, in `unknown`,
 * and writes it back. Byte arrays are views of the file's buffer: copy before changing one.
 */
export type RawFields = readonly Uint8Array[];

/** -1 is a size that is not known. */
export interface KnownRankShape {
  readonly dims: readonly number[];
  /** Present only where some dimension has a name or fields that are not known; as long as `dims`. */
  readonly dimDetails?: readonly { readonly name: string; readonly unknown: RawFields }[];
  readonly unknown?: RawFields;
}

export type TensorShape = KnownRankShape | { readonly unknownRank: true; readonly unknown?: RawFields };

/** A function used as a value: its name, and the whole `NameAttrList` message as it stands in the file. */
export interface FuncValue {
  readonly name: string;
  readonly raw: Uint8Array;
}

export interface ListValue {
  readonly s: readonly Uint8Array[];
  readonly i: readonly (number | bigint)[];
  readonly f: readonly number[];
  readonly b: readonly boolean[];
  /** `DataType` numbers. */
  readonly type: readonly number[];
  readonly shape: readonly TensorShape[];
  readonly tensor: readonly TensorProto[];
  readonly func: readonly FuncValue[];
  readonly unknown: RawFields;
}

type AttrKind =
  | { readonly s: Uint8Array }
  /** A bigint only outside the safe integers. */
  | { readonly i: number | bigint }
  | { readonly f: number }
  | { readonly b: boolean }
  /** A `DataType` number; see data-type.ts. */
  | { readonly type: number }
  | { readonly shape: TensorShape }
  | { readonly tensor: TensorProto }
  | { readonly list: ListValue }
  | { readonly func: FuncValue }
  | { readonly placeholder: string }
  /** No value that we know is set. */
  | { readonly none: true };

/** Exactly one kind of value; tell them apart with `"shape" in attr`. */
export type AttrValue = AttrKind & { readonly unknown?: RawFields };

export interface NodeDef {
  readonly name: string;
  readonly op: string;
  /** `name`, `name:output`, or `^name` for a control input. */
  readonly input: readonly string[];
  readonly device: string;
  readonly attr: ReadonlyMap<string, AttrValue>;
  readonly unknown: RawFields;
}

export interface FunctionDef {
  /** The name of its signature, by which nodes call it. */
  readonly name: string;
  readonly raw: Uint8Array;
}

export interface FunctionLibrary {
  readonly functions: readonly FunctionDef[];
  readonly unknown: RawFields;
}

export interface GraphDef {
  readonly node: readonly NodeDef[];
  readonly library: FunctionLibrary | undefined;
  /** The whole `VersionDef` message. */
  readonly versions: Uint8Array | undefined;
  readonly unknown: RawFields;
}

export interface MetaInfoDef {
  readonly metaGraphVersion: string;
  /** The whole `OpList` message. */
  readonly strippedOpList: Uint8Array | undefined;
  readonly tags: readonly string[];
  readonly tensorflowVersion: string;
  readonly tensorflowGitVersion: string;
  readonly strippedDefaultAttrs: boolean;
  readonly unknown: RawFields;
}

export interface SaverDef {
  readonly filenameTensorName: string;
  readonly saveTensorName: string;
  readonly restoreOpName: string;
  readonly unknown: RawFields;
}

export interface SaveSliceInfo {
  /** The key of the whole variable in the checkpoint. */
  readonly fullName: string;
  readonly fullShape: readonly number[];
  readonly varOffset: readonly number[];
  readonly varShape: readonly number[];
  readonly unknown: RawFields;
}

export interface VariableDef {
  readonly variableName: string;
  readonly initialValueName: string;
  readonly initializerName: string;
  readonly snapshotName: string;
  readonly isResource: boolean;
  readonly trainable: boolean;
  /** Set on a part of a partitioned variable. */
  readonly saveSliceInfo: SaveSliceInfo | undefined;
  readonly unknown: RawFields;
}

export type CollectionDef =
  | { readonly kind: "nodes"; readonly values: readonly string[] }
  | { readonly kind: "bytes"; readonly values: readonly Uint8Array[] }
  /** TensorFlow's collections of variables (`variables`, `trainable_variables`, …). */
  | { readonly kind: "variables"; readonly variables: readonly VariableDef[] }
  /** Anything else: the whole `CollectionDef` message. */
  | { readonly kind: "raw"; readonly raw: Uint8Array };

export interface TensorInfo {
  /** `node:output`; empty when the tensor is sparse or composite (then described in `unknown`). */
  readonly name: string;
  readonly dtype: number;
  readonly shape: TensorShape | undefined;
  readonly unknown: RawFields;
}

export interface SignatureDef {
  readonly inputs: ReadonlyMap<string, TensorInfo>;
  readonly outputs: ReadonlyMap<string, TensorInfo>;
  readonly methodName: string;
  readonly unknown: RawFields;
}

export interface MetaGraphDef {
  readonly metaInfoDef: MetaInfoDef | undefined;
  readonly graphDef: GraphDef | undefined;
  readonly saverDef: SaverDef | undefined;
  readonly collectionDef: ReadonlyMap<string, CollectionDef>;
  readonly signatureDef: ReadonlyMap<string, SignatureDef>;
  /** Among others `asset_file_def` (6) and `object_graph_def` (7). */
  readonly unknown: RawFields;
}

export interface SavedModel {
  readonly schemaVersion: number;
  readonly metaGraphs: readonly MetaGraphDef[];
  readonly unknown: RawFields;
}
