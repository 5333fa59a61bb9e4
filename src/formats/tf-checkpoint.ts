import { type BundleIndex, type BundleTensor, readBundleIndex } from "./tf-bundle-index.js";
import { makeBundleTensor } from "./tf-bundle-tensor.js";
import { resolveCheckpointPrefix } from "./tf-checkpoint-path.js";
import { dataTypeName } from "./tf-proto/data-type.js";
import { type ShardNeed, Shards } from "./tf-shards.js";
import type { LazyTensor, TensorFile } from "./types.js";

/**
 * An open TensorFlow checkpoint. `metadata` has `prefix`, `shards`, `endianness`, and, where there are any,
 * `unsupportedTensors`: JSON of `[{name, dtype}]`, the tensors of types that parity does not read (variants, 4-bit
 * integers, …), which `tensors` leaves out.
 */
export class TfCheckpoint implements TensorFile {
  readonly format = "tf-checkpoint";
  readonly tensors: ReadonlyMap<string, LazyTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The format cannot tell: every name has bytes of its own. */
  readonly aliases: TensorFile["aliases"] = [];

  constructor(
    /** Path of the index file. */
    readonly path: string,
    prefix: string,
    readonly index: BundleIndex,
    readonly shards: Shards,
  ) {
    const bigEndian = index.header.bigEndian;
    const tensors = new Map<string, LazyTensor>();
    const unsupported: { name: string; dtype: string }[] = [];
    for (const tensor of index.tensors) {
      const { name, dtype } = tensor;
      if (dtype === undefined) unsupported.push({ name, dtype: dataTypeName(tensor.dataType) });
      else tensors.set(name, makeBundleTensor(tensor, dtype, shards, bigEndian));
    }
    this.tensors = tensors;
    this.metadata = {
      prefix,
      shards: String(index.header.numShards),
      endianness: bigEndian ? "big" : "little",
      ...(unsupported.length > 0 ? { unsupportedTensors: JSON.stringify(unsupported) } : {}),
    };
  }

  /** Closes the shards; tensors cannot be read afterwards. */
  close(): void {
    this.shards.close();
  }
}

/**
 * Opens a TensorFlow checkpoint (`NAME.index` and `NAME.data-*`) by its prefix, by one of its files, or by a directory
 * (see `resolveCheckpointPrefix`). Only the index is read; the shards' sizes are checked. Partitioned variables appear
 * whole. Throws FILE_NOT_FOUND when a file is missing, FORMAT_INVALID when the index is damaged or a shard is cut off.
 */
export function openCheckpoint(path: string): TfCheckpoint {
  const prefix = resolveCheckpointPrefix(path);
  const index = readBundleIndex(`${prefix}.index`);
  const shards = new Shards(prefix, index.header.numShards);
  shards.checkSizes(index.tensors.flatMap(needsOf));
  return new TfCheckpoint(`${prefix}.index`, prefix, index, shards);
}

function needsOf({ name, parts }: BundleTensor): ShardNeed[] {
  return parts
    .filter(({ entry }) => entry.size > 0)
    .map(({ entry: { shard, offset, size } }) => ({ name, shard, offset, size }));
}
