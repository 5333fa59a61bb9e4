import { closeSync, openSync, readSync, statSync } from "node:fs";

/** Enough for the end of a zip's directory: 64 KiB of comment and the entries of a few hundred files. */
const TAIL_BYTES = 256 * 1024;

/** The end of a zip, in which the names of its members stand as they are. Empty for a file that is no zip. */
export function zipNames(path: string): string {
  if (readPart(path, 0, 2).toString("latin1") !== "PK") return "";
  const size = statSync(path).size;
  const start = Math.max(0, size - TAIL_BYTES);
  return readPart(path, start, size - start).toString("latin1");
}

export function readPart(path: string, start: number, length: number): Buffer {
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, start));
  } finally {
    closeSync(descriptor);
  }
}
