import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { formatError, ParityError } from "../errors.js";
import type { ByteSource } from "./byte-source.js";

/** An open file that is read at positions; nothing is kept in memory. */
export interface FileBytes extends ByteSource {
  readonly origin: 0;
  close(): void;
}

/**
 * Opens `path` for positional reads. Throws FILE_NOT_FOUND when there is no such file, when it is a directory or when
 * it may not be read.
 */
export function openFileBytes(path: string): FileBytes {
  let descriptor = openDescriptor(path);
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) {
    closeSync(descriptor);
    throw new ParityError("FILE_NOT_FOUND", `${path} is ${stat.isDirectory() ? "a directory" : "not a regular file"}`, {
      where: { file: path },
      hint: "Name the tensor file itself.",
    });
  }
  return {
    file: path,
    origin: 0,
    size: stat.size,
    read(target, position) {
      if (descriptor === -1) throw new Error(`${path} was read after it was closed`);
      fill(descriptor, target, position, path);
    },
    close() {
      if (descriptor !== -1) closeSync(descriptor);
      descriptor = -1;
    },
  };
}

/** Runs `build` on an opened file; when it throws, the file is closed first. */
export function withFileBytes<T>(path: string, build: (bytes: FileBytes) => T): T {
  const bytes = openFileBytes(path);
  try {
    return build(bytes);
  } catch (error) {
    bytes.close();
    throw error;
  }
}

function openDescriptor(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const reason =
      code === "ENOENT" || code === "ENOTDIR"
        ? "there is no such file"
        : code === "EACCES"
          ? "permission denied"
          : String(code ?? cause);
    throw new ParityError("FILE_NOT_FOUND", `cannot read ${path}: ${reason}`, { where: { file: path }, cause });
  }
}

function fill(descriptor: number, target: Uint8Array, position: number, path: string): void {
  let done = 0;
  while (done < target.byteLength) {
    const count = readSync(descriptor, target, done, target.byteLength - done, position + done);
    if (count === 0) {
      throw formatError(
        `${path} ends at byte ${position + done}, where ${target.byteLength - done} more bytes were expected`,
        { file: path, offset: position + done },
        "The file is truncated: fetch or write it again.",
      );
    }
    done += count;
  }
}
