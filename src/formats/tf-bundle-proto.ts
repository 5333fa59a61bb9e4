import { type ErrorPlace, formatError } from "../errors.js";
import { MAX_SHARDS } from "./limits.js";
import type { SstableEntry } from "./sstable.js";
import { ProtoReader } from "./tf-proto/proto-reader.js";
import { readTensorShape } from "./tf-proto/tensor-shape.js";
import type { TensorShape } from "./tf-proto/types.js";

/** `BundleHeaderProto` (tensorflow/core/protobuf/tensor_bundle.proto). */
export interface BundleHeader {
  readonly numShards: number;
  readonly bigEndian: boolean;
  /** Version of the bundle format that wrote the file, and the oldest that may read it. */
  readonly producer: number;
  readonly minConsumer: number;
}

/** A part of a partitioned tensor. A length of -1 means all of that axis. */
export interface TensorSlice {
  readonly start: readonly number[];
  readonly length: readonly number[];
}

/** `BundleEntryProto`: where the bytes of one tensor, or of one slice of it, are. */
export interface BundleEntry {
  /** A `DataType` number. */
  readonly dataType: number;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  /** Masked CRC-32C of the bytes. */
  readonly crc: number;
  /** Not empty when the tensor is stored in parts, under keys of their own. */
  readonly slices: readonly TensorSlice[];
}

/** TensorFlow's bundle format has had version 1 since it exists. */
const KNOWN_VERSION = 1;

function openReader(entry: SstableEntry, path: string): ProtoReader {
  return new ProtoReader(
    entry.value,
    entry.offset === undefined ? { file: path } : { file: path, offset: entry.offset },
  );
}

/** Decodes the header. Throws FORMAT_INVALID for nonsense, and for a format version that needs a newer reader. */
export function decodeBundleHeader(entry: SstableEntry, path: string): BundleHeader {
  const reader = openReader(entry, path);
  let numShards = 0;
  let endianness = 0;
  let producer = 0;
  let minConsumer = 0;
  const onVersion = (field: number): boolean => {
    if (field === 1) producer = reader.int32();
    else if (field === 2) minConsumer = reader.int32();
    else return false;
    return true;
  };
  const onField = (field: number): boolean => {
    if (field === 1) numShards = reader.int32();
    else if (field === 2) endianness = reader.int32();
    else if (field === 3) reader.nested("VersionDef", onVersion, []);
    else return false;
    return true;
  };
  reader.parse(() => reader.root("BundleHeaderProto", onField, []));
  if (numShards < 1 || numShards > MAX_SHARDS) {
    throw reader.fail(`${numShards} shards; between 1 and ${MAX_SHARDS} were expected`);
  }
  if (endianness !== 0 && endianness !== 1) throw reader.fail(`the byte order ${endianness} (0 little, 1 big)`);
  if (minConsumer > KNOWN_VERSION) {
    throw reader.fail(`the bundle needs a reader of version ${minConsumer}; this one knows ${KNOWN_VERSION}`);
  }
  return { numShards, bigEndian: endianness === 1, producer, minConsumer };
}

/** Decodes an entry. Throws FORMAT_INVALID when it is damaged, has a negative place, or its shape is not known. */
export function decodeBundleEntry(entry: SstableEntry, path: string): BundleEntry {
  const reader = openReader(entry, path);
  let dataType = 0;
  let shape: TensorShape = { dims: [] };
  let shard = 0;
  let offset = 0;
  let size = 0;
  let crc = 0;
  const slices: TensorSlice[] = [];
  const onField = (field: number): boolean => {
    switch (field) {
      case 1:
        dataType = reader.int32();
        return true;
      case 2:
        shape = readTensorShape(reader);
        return true;
      case 3:
        shard = reader.int32();
        return true;
      case 4:
        offset = reader.safeInt64();
        return true;
      case 5:
        size = reader.safeInt64();
        return true;
      case 6:
        crc = reader.fixed32();
        return true;
      case 7:
        slices.push(readSlice(reader));
        return true;
      default:
        return false;
    }
  };
  reader.parse(() => reader.root("BundleEntryProto", onField, []));
  if (shard < 0 || offset < 0 || size < 0 || !Number.isSafeInteger(offset + size)) {
    throw reader.fail(`shard ${shard}, offset ${offset}, size ${size}`);
  }
  return { dataType, shape: knownShape(shape, { file: path }), shard, offset, size, crc, slices };
}

function knownShape(shape: TensorShape, where: ErrorPlace): readonly number[] {
  if ("unknownRank" in shape) throw formatError(`${where.file}: an entry whose shape is not known`, where);
  return shape.dims;
}

function readSlice(reader: ProtoReader): TensorSlice {
  const start: number[] = [];
  const length: number[] = [];
  const onExtent = (field: number): boolean => {
    const axis = start.length - 1;
    if (field === 1) start[axis] = reader.safeInt64();
    else if (field === 2) length[axis] = reader.safeInt64();
    else return false;
    return true;
  };
  const onField = (field: number): boolean => {
    if (field !== 1) return false;
    start.push(0);
    length.push(-1);
    reader.nested("Extent", onExtent, []);
    return true;
  };
  reader.nested("TensorSliceProto", onField, []);
  return { start, length };
}
