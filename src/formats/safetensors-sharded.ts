import { dirname, join } from "node:path";
import { type ErrorPlace, formatError, ParityError } from "../errors.js";
import { readBytes } from "./byte-source.js";
import { withFileBytes } from "./file-bytes.js";
import { MAX_INDEX_JSON_BYTES, MAX_SHARDS } from "./limits.js";
import { openSafetensors } from "./safetensors.js";
import { isJsonObject, parseStrictJson } from "./strict-json.js";
import type { LazyTensor, TensorFile } from "./types.js";

const COMPARE_BLOCK_BYTES = 1024 * 1024;

/**
 * Opens the shards that a `model.safetensors.index.json` names, as one file. Shards lie beside the index or below it.
 * Tensors come shard by shard in the index's order; those that a shard holds but the index does not list are kept too.
 * Throws FILE_NOT_FOUND for a missing shard, FORMAT_INVALID for a tensor that its shard does not hold or that two
 * shards hold with different contents.
 */
export function openShardedSafetensors(indexJsonPath: string): TensorFile {
  const { weightMap, metadata } = readIndex(indexJsonPath);
  const opened = new Map<string, TensorFile>();
  const close = (): void => {
    for (const file of opened.values()) file.close();
  };
  try {
    for (const shard of new Set(weightMap.values())) {
      opened.set(shard, openShard(join(dirname(indexJsonPath), shard), shard, indexJsonPath));
    }
    const tensors = mergeShards(weightMap, opened, indexJsonPath);
    return { path: indexJsonPath, format: "safetensors", tensors, metadata, aliases: [], close };
  } catch (error) {
    close();
    throw error;
  }
}

interface ShardIndex {
  readonly weightMap: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
}

function readIndex(path: string): ShardIndex {
  const where = { file: path };
  const json = withFileBytes(path, (bytes) => {
    if (bytes.size > MAX_INDEX_JSON_BYTES) {
      throw formatError(`the index has ${bytes.size} bytes, more than ${MAX_INDEX_JSON_BYTES}`, where);
    }
    const text = readBytes(bytes, 0, bytes.size);
    bytes.close();
    return parseStrictJson(text, "the safetensors index", where);
  });
  if (!isJsonObject(json) || !isJsonObject(json.weight_map)) {
    throw formatError('the safetensors index has no "weight_map" object', where);
  }
  const weightMap = new Map<string, string>();
  for (const [name, shard] of Object.entries(json.weight_map)) {
    if (typeof shard !== "string")
      throw formatError(`weight_map entry ${name} is not a file name`, { ...where, key: name });
    checkStaysInside(shard, { ...where, key: name });
    weightMap.set(name, shard);
  }
  const shards = new Set(weightMap.values()).size;
  if (shards > MAX_SHARDS) throw formatError(`the index names ${shards} shards, more than ${MAX_SHARDS}`, where);
  const metadata = isJsonObject(json.metadata) ? json.metadata : {};
  return {
    weightMap,
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
  };
}

/**
 * Judges the text that the index holds, not where links lead: download caches store shards as links to a common folder,
 * and those links are the user's own, not the model's.
 */
function checkStaysInside(shard: string, where: ErrorPlace): void {
  const parts = shard.split(/[/\\]/);
  if (shard === "" || parts.includes("..") || parts[0] === "" || /^[A-Za-z]:/.test(shard) || shard.includes("\0")) {
    throw formatError(
      `the index names the shard ${JSON.stringify(shard)}, which is not a path below the index's own folder`,
      where,
      "Shards must lie beside the index; parity does not follow paths out of its folder.",
    );
  }
}

function openShard(path: string, shard: string, index: string): TensorFile {
  try {
    return openSafetensors(path);
  } catch (error) {
    if (!(error instanceof ParityError) || error.code !== "FILE_NOT_FOUND") throw error;
    throw new ParityError("FILE_NOT_FOUND", `the shard ${shard} named by ${index} cannot be read: ${error.message}`, {
      where: { file: path, key: shard },
      hint: "Fetch the missing shard into the index's folder.",
      cause: error,
    });
  }
}

function mergeShards(
  weightMap: ReadonlyMap<string, string>,
  opened: ReadonlyMap<string, TensorFile>,
  index: string,
): Map<string, LazyTensor> {
  const merged = new Map<string, LazyTensor>();
  for (const file of opened.values()) {
    for (const [name, tensor] of file.tensors) {
      const other = merged.get(name);
      if (other !== undefined && !sameTensor(other, tensor)) {
        throw formatError(
          `tensor ${name} is in two shards with different contents: ${other.location.file} and ${tensor.location.file}`,
          { file: index, key: name },
          "The shards come from different models or an interrupted save: fetch or write them again.",
        );
      }
      merged.set(name, other ?? tensor);
    }
  }
  for (const [name, shard] of weightMap) {
    const tensor = opened.get(shard)?.tensors.get(name);
    if (tensor === undefined) {
      throw formatError(`the index says that ${shard} holds the tensor ${name}, but it does not`, {
        file: index,
        key: name,
      });
    }
    merged.set(name, tensor);
  }
  return merged;
}

function sameTensor(a: LazyTensor, b: LazyTensor): boolean {
  if (
    a.dtype !== b.dtype ||
    a.shape.length !== b.shape.length ||
    a.shape.some((size, axis) => size !== b.shape[axis])
  ) {
    return false;
  }
  for (let done = 0; done < a.byteLength; done += COMPARE_BLOCK_BYTES) {
    const length = Math.min(COMPARE_BLOCK_BYTES, a.byteLength - done);
    const [left, right] = [Buffer.alloc(length), Buffer.alloc(length)];
    a.read(left, done);
    b.read(right, done);
    if (!left.equals(right)) return false;
  }
  return true;
}
