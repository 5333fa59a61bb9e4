import { formatError } from "../errors.js";
import { swapBytes } from "./byte-order.js";
import { bytesPerElement, elementCount } from "./dtype.js";
import type { BundlePart, BundleTensor } from "./tf-bundle-index.js";
import type { BundleEntry } from "./tf-bundle-proto.js";
import type { Shards } from "./tf-shards.js";
import { BoxRuns } from "./tf-slice-runs.js";
import { decodeStringTensor } from "./tf-string-tensor.js";
import type { DType, LazyTensor } from "./types.js";

/** Strings are read whole; a gigabyte of them is far beyond vocabularies and object graphs. */
const MAX_STRING_BYTES = 2 ** 30;
/** Short runs of a slice are read together, this many bytes at a time. */
const BATCH_BYTES = 2 ** 20;

/** The tensor over the shards' bytes. `dtype` is that of `tensor`, known to be readable. */
export function makeBundleTensor(tensor: BundleTensor, dtype: DType, shards: Shards, bigEndian: boolean): LazyTensor {
  const { name, shape, parts } = tensor;
  const [first] = parts;
  const location =
    first === undefined
      ? { file: shards.path(0) }
      : {
          file: shards.path(first.entry.shard),
          offset: first.entry.offset,
          ...(parts.length === 1 && !bigEndian && dtype !== "string" ? { inOnePiece: true as const } : {}),
        };
  if (dtype === "string") {
    const strings = () => readStrings(tensor, shards, bigEndian);
    const read = (target: Uint8Array) => {
      if (target.length > 0) throw new RangeError(`${name} is a string tensor: its elements come from strings()`);
    };
    return { name, dtype, shape, byteLength: 0, location, read, strings };
  }
  const byteLength = elementCount(shape) * bytesPerElement(dtype);
  const fill = makeFill(tensor, dtype, shards);
  // A complex number is two words.
  const word = dtype.startsWith("complex") ? bytesPerElement(dtype) / 2 : bytesPerElement(dtype);
  const read = (target: Uint8Array, byteOffset: number) => {
    if (byteOffset < 0 || byteOffset + target.length > byteLength) {
      throw new RangeError(`bytes ${byteOffset} to ${byteOffset + target.length} of ${name}, which has ${byteLength}`);
    }
    if (target.length === 0) return;
    if (bigEndian && word > 1) fillSwapped(fill, target, byteOffset, word);
    else fill(target, byteOffset);
  };
  return { name, dtype, shape, byteLength, location, read };
}

type Fill = (target: Uint8Array, byteOffset: number) => void;

function makeFill(tensor: BundleTensor, dtype: DType, shards: Shards): Fill {
  const [only] = tensor.parts;
  if (only !== undefined && only.box === undefined) {
    const { shard, offset } = only.entry;
    return (target, byteOffset) => shards.read(shard, target, offset + byteOffset);
  }
  const size = bytesPerElement(dtype);
  const pieces = tensor.parts.map((part) => ({ entry: part.entry, runs: runsOf(tensor, part) }));
  return (target, byteOffset) => {
    for (const { entry, runs } of pieces) fillFromSlice(entry, runs, size, shards, target, byteOffset);
  };
}

function runsOf(tensor: BundleTensor, { box }: BundlePart): BoxRuns {
  return new BoxRuns(tensor.shape, box ?? { start: tensor.shape.map(() => 0), length: tensor.shape });
}

/** Copies into `target`, which begins at `byteOffset` of the whole tensor, what one slice has of it. */
function fillFromSlice(
  entry: BundleEntry,
  runs: BoxRuns,
  size: number,
  shards: Shards,
  target: Uint8Array,
  byteOffset: number,
): void {
  const runBytes = runs.runLength * size;
  if (runBytes === 0) return;
  const stop = byteOffset + target.length;
  const perBatch = Math.max(1, Math.floor(BATCH_BYTES / runBytes));
  let batch: Uint8Array | undefined;
  let batchStart = 0;
  for (let run = runs.firstEndingAfter(Math.floor(byteOffset / size)); run < runs.count; run++) {
    const runStart = runs.startOf(run) * size;
    const from = Math.max(runStart, byteOffset);
    const to = Math.min(runStart + runBytes, stop);
    if (runStart >= stop) return;
    const part = target.subarray(from - byteOffset, to - byteOffset);
    if (perBatch === 1) {
      shards.read(entry.shard, part, entry.offset + run * runBytes + (from - runStart));
      continue;
    }
    if (batch === undefined || run >= batchStart + perBatch) {
      batchStart = run;
      batch = new Uint8Array(Math.min(perBatch, lastRunBefore(runs, run, stop / size) - run + 1) * runBytes);
      shards.read(entry.shard, batch, entry.offset + run * runBytes);
    }
    const at = (run - batchStart) * runBytes + (from - runStart);
    part.set(batch.subarray(at, at + part.length));
  }
}

/** The last run, at or after `run`, that begins before `element`: no more is read than is needed. */
function lastRunBefore(runs: BoxRuns, run: number, element: number): number {
  const next = runs.firstEndingAfter(Math.ceil(element) - 1);
  const last = next < runs.count && runs.startOf(next) < element ? next : next - 1;
  return Math.max(run, last);
}

function fillSwapped(fill: Fill, target: Uint8Array, byteOffset: number, word: number): void {
  const before = byteOffset % word;
  const whole = new Uint8Array(Math.ceil((before + target.length) / word) * word);
  fill(whole, byteOffset - before);
  swapBytes(whole, word);
  target.set(whole.subarray(before, before + target.length));
}

function readStrings(tensor: BundleTensor, shards: Shards, bigEndian: boolean): readonly Uint8Array[] {
  const result: Uint8Array[] = [];
  for (const part of tensor.parts) {
    const values = readStringPart(tensor.name, part, tensor.shape, shards, bigEndian).values;
    const runs = runsOf(tensor, part);
    values.forEach((value, index) => {
      const run = Math.floor(index / runs.runLength);
      result[runs.startOf(run) + (index % runs.runLength)] = value;
    });
  }
  return result;
}

/** Reads and decodes one stored part of a string tensor; `crc` is what its bytes give. */
export function readStringPart(
  name: string,
  { entry, box }: BundlePart,
  shape: readonly number[],
  shards: Shards,
  bigEndian: boolean,
): ReturnType<typeof decodeStringTensor> {
  const where = { file: shards.path(entry.shard), offset: entry.offset, key: name };
  if (entry.size > MAX_STRING_BYTES) {
    throw formatError(`${name} has ${entry.size} bytes of strings; at most ${MAX_STRING_BYTES} are read`, where);
  }
  const bytes = new Uint8Array(entry.size);
  shards.read(entry.shard, bytes, entry.offset);
  return decodeStringTensor(bytes, elementCount(box?.length ?? shape), bigEndian, where);
}
