import { readFileSync, statSync } from "node:fs";
import { formatError, ParityError } from "../errors.js";
import { checkShape } from "./check-shape.js";
import { bytesPerElement, elementCount } from "./dtype.js";
import { readSstable, type SstableEntry } from "./sstable.js";
import { type BundleEntry, type BundleHeader, decodeBundleEntry, decodeBundleHeader } from "./tf-bundle-proto.js";
import { dataTypeName, toDType } from "./tf-proto/data-type.js";
import { encodeSliceKey } from "./tf-slice-key.js";
import { type Box, findCoverFault } from "./tf-slice-runs.js";
import type { DType } from "./types.js";

/** An index takes about 100 bytes a tensor, so this is far above the million tensors that any format here may list. */
const MAX_INDEX_BYTES = 512 * 2 ** 20;
/** `tf.compat.v1` partitions a variable into as many parts as there are parameter servers. */
const MAX_SLICES = 4096;
const DAMAGED = "The index is damaged or belongs to another checkpoint: copy it again.";

/** One stored run of bytes; `box` is its place in the whole tensor when that is stored in parts. */
export interface BundlePart {
  readonly entry: BundleEntry;
  readonly box?: Box;
}

/** A tensor as the index describes it. */
export interface BundleTensor {
  readonly name: string;
  readonly dataType: number;
  /** Undefined for types that parity does not read, such as variants. */
  readonly dtype: DType | undefined;
  readonly shape: readonly number[];
  /** At least one, unless all slices are empty. */
  readonly parts: readonly BundlePart[];
}

export interface BundleIndex {
  readonly path: string;
  readonly header: BundleHeader;
  /** In the order of the index, that of the names' bytes. */
  readonly tensors: readonly BundleTensor[];
}

/** Reads and checks a checkpoint's index file, and nothing else. Throws FORMAT_INVALID naming the file and the tensor. */
export function readBundleIndex(path: string): BundleIndex {
  const { size } = statSync(path);
  if (size > MAX_INDEX_BYTES) {
    throw formatError(`${path} has ${size} bytes; an index of at most ${MAX_INDEX_BYTES} is read`, { file: path });
  }
  const entries = readSstable(readIndexFile(path), path);
  const [first] = entries;
  if (first === undefined || first.key.length > 0) {
    throw formatError(`${path} has no bundle header: it is a sorted table, but not a checkpoint's`, { file: path });
  }
  const header = decodeBundleHeader(first, path);
  const sliceEntries = new Map<string, SstableEntry>();
  const named: SstableEntry[] = [];
  for (const entry of entries.slice(1)) {
    if (entry.key[0] === 0) sliceEntries.set(byteString(entry.key), entry);
    else named.push(entry);
  }
  const tensors = named.map((entry) => describeTensor(path, header, entry, sliceEntries));
  return { path, header, tensors };
}

function readIndexFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ParityError("FILE_NOT_FOUND", `${path} cannot be read: ${String(cause)}`, {
      where: { file: path },
      cause,
    });
  }
}

function describeTensor(
  path: string,
  header: BundleHeader,
  stored: SstableEntry,
  sliceEntries: ReadonlyMap<string, SstableEntry>,
): BundleTensor {
  const name = decodeName(stored.key, path);
  const where = { file: path, key: name };
  const entry = decodeBundleEntry(stored, path);
  const { dataType } = entry;
  const shape = checkShape(entry.shape, name, where);
  const dtype = toDType(dataType);
  const check = (part: BundleEntry, sizes: readonly number[]) => {
    if (part.shard >= header.numShards) {
      throw formatError(`${path}: ${name} lies in shard ${part.shard} of ${header.numShards}`, where, DAMAGED);
    }
    const expected = dtype === undefined ? part.size : expectedBytes(dtype, sizes, part.size);
    if (part.size !== expected) {
      throw formatError(
        `${path}: ${name} is ${dataTypeName(dataType)} [${sizes}], ${expected} bytes, but its entry says ${part.size}`,
        where,
        DAMAGED,
      );
    }
  };
  if (entry.slices.length === 0) {
    check(entry, shape);
    return { name, dataType, dtype, shape, parts: [{ entry }] };
  }
  if (entry.slices.length > MAX_SLICES) {
    throw formatError(`${path}: ${name} is in ${entry.slices.length} slices; at most ${MAX_SLICES} are read`, where);
  }
  const parts = entry.slices.map((slice) => {
    const found = sliceEntries.get(byteString(encodeSliceKey(stored.key, slice)));
    const length = slice.length.map((extent, axis) => (extent === -1 ? (shape[axis] ?? 0) : extent));
    const box = { start: slice.start, length };
    if (found === undefined) {
      throw formatError(
        `${path}: the slice of ${name} at [${box.start}] of size [${length}] is missing`,
        where,
        DAMAGED,
      );
    }
    const part = decodeBundleEntry(found, path);
    if (part.dataType !== dataType) {
      const types = `${dataTypeName(part.dataType)}, the tensor ${dataTypeName(dataType)}`;
      throw formatError(`${path}: a slice of ${name} is ${types}`, where, DAMAGED);
    }
    return { entry: part, box };
  });
  const fault = findCoverFault(
    shape,
    parts.map(({ box }) => box),
  );
  if (fault !== undefined) throw formatError(`${path}: ${name} of shape [${shape}]: ${fault}`, where, DAMAGED);
  for (const { entry: part, box } of parts) check(part, box.length);
  return { name, dataType, dtype, shape, parts };
}

/** A string takes one byte of length at least, and the tensor a checksum of four. */
function expectedBytes(dtype: DType, shape: readonly number[], stated: number): number {
  const count = elementCount(shape);
  return dtype === "string" ? Math.max(stated, count + 4) : count * bytesPerElement(dtype);
}

function decodeName(key: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(key);
  } catch (cause) {
    const shown = byteString(key);
    throw new ParityError("FORMAT_INVALID", `${path}: a tensor name is not UTF-8: ${JSON.stringify(shown)}`, {
      where: { file: path, key: shown },
      hint: DAMAGED,
      cause,
    });
  }
}

/** One character a byte: two keys are the same string only when they are the same bytes. */
function byteString(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}
