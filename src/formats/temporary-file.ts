import { randomBytes } from "node:crypto";
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { ParityError } from "../errors.js";

/** A file that appears under its real name only when it is complete. */
export interface TemporaryFile {
  /** Writes all of `bytes` at `position`. */
  write(bytes: Uint8Array, position: number): void;
  /** Gives the file its real name, replacing one that was there. */
  commit(): void;
  /** Removes what was written; does nothing after `commit`. */
  discard(): void;
}

/**
 * Creates a file beside `path` under a temporary name. Every failure (no such folder, no permission, disk full) is a
 * ParityError that names `path`, and leaves nothing behind.
 */
export function createTemporaryFile(path: string): TemporaryFile {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
  let descriptor: number;
  try {
    descriptor = openSync(temporary, "wx");
  } catch (cause) {
    throw writeError(path, cause);
  }
  let open = true;
  const discard = (): void => {
    if (!open) return;
    open = false;
    closeSync(descriptor);
    rmSync(temporary, { force: true });
  };
  const guard = (action: () => void): void => {
    if (!open) throw new Error(`${path} was written after it was finished`);
    try {
      action();
    } catch (cause) {
      discard();
      throw writeError(path, cause);
    }
  };
  return {
    write: (bytes, position) =>
      guard(() => {
        for (let done = 0; done < bytes.byteLength; ) {
          done += writeSync(descriptor, bytes, done, bytes.byteLength - done, position + done);
        }
      }),
    commit: () =>
      guard(() => {
        renameSync(temporary, path);
        open = false;
        closeSync(descriptor);
      }),
    discard,
  };
}

function writeError(path: string, cause: unknown): ParityError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  const reasons: Record<string, string> = {
    ENOENT: "its folder does not exist",
    ENOTDIR: "its folder is not a folder",
    EACCES: "permission denied",
    EROFS: "the disk is read-only",
    ENOSPC: "the disk is full",
    EISDIR: "a folder has this name",
  };
  const reason = (code && reasons[code]) ?? (cause instanceof Error ? cause.message : String(cause));
  return new ParityError("USAGE", `cannot write ${path}: ${reason}`, {
    where: { file: path },
    hint: "Choose another place for it, or make room.",
    cause,
  });
}
