import { formatError } from "../errors.js";
import { crc32c, maskCrc, unmaskCrc } from "./crc32c.js";
import type { BundlePart } from "./tf-bundle-index.js";
import { readStringPart } from "./tf-bundle-tensor.js";
import type { TfCheckpoint } from "./tf-checkpoint.js";

const BLOCK_BYTES = 4 * 2 ** 20;

/** What `verifyChecksums` went through. */
export interface ChecksumSummary {
  readonly tensors: number;
  readonly bytes: number;
}

/**
 * Holds the bytes of every readable tensor (or of those named) against the CRC-32C that the index has for them. Memory
 * stays at one block of 4 MiB but for strings. Throws FORMAT_INVALID with tensor, shard and offset at the first that
 * does not fit.
 */
export function verifyChecksums(checkpoint: TfCheckpoint, names?: Iterable<string>): ChecksumSummary {
  const chosen = names === undefined ? undefined : new Set(names);
  const block = new Uint8Array(BLOCK_BYTES);
  let tensors = 0;
  let bytes = 0;
  for (const { name, dtype, shape, parts } of checkpoint.index.tensors) {
    if (dtype === undefined || chosen?.has(name) === false) continue;
    for (const part of parts) {
      const { shards } = checkpoint;
      const actual =
        dtype === "string"
          ? readStringPart(name, part, shape, shards, checkpoint.index.header.bigEndian).crc
          : maskCrc(sumPart(checkpoint, part, block));
      const { entry } = part;
      if (actual !== entry.crc) {
        const file = shards.path(entry.shard);
        throw formatError(
          `${file}: the ${entry.size} bytes of ${name} at ${entry.offset} have CRC-32C ${hex(actual)}, the index says ` +
            hex(entry.crc),
          { file, offset: entry.offset, key: name },
          "The file was damaged after it was written, or belongs to another save: copy it again.",
        );
      }
      bytes += entry.size;
    }
    tensors++;
  }
  return { tensors, bytes };
}

function sumPart({ shards }: TfCheckpoint, { entry }: BundlePart, block: Uint8Array): number {
  let sum = 0;
  for (let done = 0; done < entry.size; done += block.length) {
    const piece = block.subarray(0, Math.min(block.length, entry.size - done));
    shards.read(entry.shard, piece, entry.offset + done);
    sum = crc32c(piece, sum);
  }
  return sum;
}

function hex(masked: number): string {
  return unmaskCrc(masked).toString(16).padStart(8, "0");
}
