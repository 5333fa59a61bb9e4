import { basename } from "node:path";
import type { OriginalFiles } from "../../config/original-files.js";
import { hashFile, sizeOf } from "./hash-file.js";
import type { GoldenManifest } from "./manifest.js";

type ReferenceFile = GoldenManifest["reference"]["files"][number];

/** Up to this size in total the shards of a checkpoint are hashed at every check: it takes a tenth of a second. */
const SMALL_BYTES = 64 * 2 ** 20;

/** Name, size and sha256 of each file of an original. */
export async function identifyReference(files: OriginalFiles, signal?: AbortSignal): Promise<ReferenceFile[]> {
  const found: ReferenceFile[] = [];
  for (const path of [...files.index, ...files.data])
    found.push({ name: basename(path), ...(await hashFile(path, signal)) });
  return found;
}

/**
 * How the original differs from the one that the golden was recorded from; nothing when it is the same. The index and the
 * graph are hashed always, the shards only where they are small or `thorough` asks for it: the index holds the CRC of every
 * tensor, so other weights are another index. What that leaves open is a shard that was damaged afterwards, and a check from
 * a golden does not read it.
 */
export async function compareReference(
  files: OriginalFiles,
  known: readonly ReferenceFile[],
  thorough: boolean,
  signal?: AbortSignal,
): Promise<string[]> {
  const paths = new Map([...files.index, ...files.data].map((path) => [basename(path), path]));
  const missing = known.filter(({ name }) => !paths.has(name)).map(({ name }) => name);
  const added = [...paths.keys()].filter((name) => !known.some((one) => one.name === name));
  if (missing.length + added.length > 0) {
    return [
      `it was recorded from ${known.map((one) => one.name).join(", ")}, and there is ${[...paths.keys()].join(", ")}`,
    ];
  }
  const total = known.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes, sha256 } of known) {
    const path = paths.get(name) ?? name;
    const size = await sizeOf(path);
    if (size !== bytes) return [`it was recorded from another checkpoint: ${name} had ${bytes} bytes and has ${size}`];
    if (name.includes(".data-") && total > SMALL_BYTES && !thorough) continue;
    if ((await hashFile(path, signal)).sha256 !== sha256)
      return [`it was recorded from another checkpoint: the content of ${name} has changed`];
  }
  return [];
}
