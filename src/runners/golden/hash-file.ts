import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { ParityError } from "../../errors.js";
import type { FileDigest } from "./manifest.js";

/** Large reads keep the cost near that of the hash itself, 0.5 to 1.5 GB a second; memory does not grow with the file. */
const BLOCK_BYTES = 1024 * 1024;

/** Size and sha256 of a file, read as a stream. Throws FILE_NOT_FOUND, or INTERRUPTED when `signal` aborts. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<FileDigest> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const block of createReadStream(path, { highWaterMark: BLOCK_BYTES })) {
      if (signal?.aborted === true) throw new ParityError("INTERRUPTED", "interrupted");
      hash.update(block as Buffer);
      bytes += (block as Buffer).length;
    }
  } catch (cause) {
    if (cause instanceof ParityError) throw cause;
    throw new ParityError("FILE_NOT_FOUND", `${path} cannot be read: ${String(cause)}`, {
      where: { file: path },
      cause,
    });
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** Size of a file; null when there is none. */
export async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch {
    return null;
  }
}
