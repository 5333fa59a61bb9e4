import type { DType } from "./types.js";

/** What a restricted unpickler can build. Nothing here can do anything: globals are names, calls are looked up in a table. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickleStorage
  | PickleTensor
  | PickleOther;

export interface PickleList {
  readonly kind: "list";
  readonly items: PickleValue[];
}

export interface PickleTuple {
  readonly kind: "tuple";
  readonly items: readonly PickleValue[];
}

/** A dict or OrderedDict. Keys are kept with their type, so that 0 and "0" differ; see `dictKey`. */
export interface PickleDict {
  readonly kind: "dict";
  readonly entries: Map<unknown, { readonly key: PickleValue; value: PickleValue }>;
}

/** A name that the allow-list holds, such as `torch._utils._rebuild_tensor_v2`. */
export interface PickleGlobal {
  readonly kind: "global";
  readonly name: string;
}

/** A storage of the archive: the member `data/<key>`. */
export interface PickleStorage {
  readonly kind: "storage";
  readonly key: string;
  /** `untyped` storages count bytes. */
  readonly elementType: DType | "untyped";
  readonly numberOfElements: number;
}

/** A tensor as a view of a storage; offset and strides in elements of `dtype`. */
export interface PickleTensor {
  readonly kind: "tensor";
  readonly storage: PickleStorage;
  readonly dtype: DType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** A value that holds no tensors and that nobody reads: a set, a device. */
export interface PickleOther {
  readonly kind: "other";
  readonly what: string;
}

/** A new, empty dict. */
export function emptyDict(): PickleDict {
  return { kind: "dict", entries: new Map() };
}

/** Sets an entry as Python does: a key that was there keeps its place. */
export function setEntry(dict: PickleDict, key: PickleValue, value: PickleValue): void {
  const id = dictKey(key);
  const entry = dict.entries.get(id);
  if (entry === undefined) dict.entries.set(id, { key, value });
  else entry.value = value;
}

/** Identity of a key within a dict: equal text and equal numbers are one key, other objects are themselves. */
function dictKey(key: PickleValue): unknown {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "number" || typeof key === "bigint" || typeof key === "boolean") return `n${Number(key)}`;
  return key;
}

/** Narrows to the values that have a `kind`: everything but None, numbers, text and bytes. */
export function isPickleObject(value: PickleValue | undefined): value is Extract<PickleValue, { kind: string }> {
  return typeof value === "object" && value !== null && "kind" in value;
}
