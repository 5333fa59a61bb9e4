import { type ErrorPlace, formatError, ParityError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import { type Hdf5Library, type Hdf5Module, hdf5Library, mountSource } from "./library.js";

/** A file that the HDF5 library has open. Every call of the library is made through `ask`. */
export interface LibraryFile {
  readonly library: Hdf5Library;
  readonly id: bigint;
  readonly size: number;
  /** Where errors say they are: the file as the user named it, and the member of an archive, if it is one. */
  readonly where: ErrorPlace;
  /** Runs a call; what the library or the source throws becomes FORMAT_INVALID about `what`. */
  ask<T>(what: string, call: (module: Hdf5Module) => T): T;
  close(): void;
}

/** Any bounds of the format's version; they bear upon writing alone. */
const OLDEST = 0;
const NEWEST = 3;

let opened = 0;

/**
 * Opens the bytes of `source` as an HDF5 file. Throws FORMAT_INVALID when they are none, and a plain Error when `loadHdf5` was
 * not awaited before.
 */
export function openLibraryFile(source: ByteSource, where: ErrorPlace): LibraryFile {
  const library = hdf5Library();
  if (library === undefined) {
    throw new ParityError("USAGE", `${source.file} is an HDF5 file, whose reader is not loaded yet.`, {
      where,
      hint: "Await prepareFormats(path) before openTensorFile(path).",
    });
  }
  const { module } = library;
  let failure: unknown;
  const ask: LibraryFile["ask"] = (what, call) => {
    failure = undefined;
    try {
      return call(module);
    } catch (cause) {
      if (failure instanceof ParityError) throw failure;
      if (cause instanceof ParityError) throw cause;
      const said = describe(cause);
      throw new ParityError("FORMAT_INVALID", `${what} cannot be read from ${source.file}: ${said}`, {
        where,
        hint: "The file is truncated or damaged, or refers to other files: write it again.",
        cause,
      });
    }
  };
  const path = mountSource(library, `hdf5-${opened++}`, source, (error) => {
    failure = error;
  });
  let id: bigint;
  try {
    id = ask("an HDF5 file", ({ H5F_ACC_RDONLY }) => module.open(path, H5F_ACC_RDONLY, false, OLDEST, NEWEST));
    if (id < 0n) throw formatError(`${source.file} is not a whole HDF5 file`, where);
  } catch (error) {
    module.FS.unlink(path);
    throw error;
  }
  let open = true;
  return {
    library,
    id,
    size: source.size,
    where,
    ask(what, call) {
      if (!open) throw new Error(`${source.file} was read after it was closed`);
      return ask(what, call);
    },
    close() {
      if (!open) return;
      open = false;
      module.close_file(id);
      module.FS.unlink(path);
    },
  };
}

/** The library's innermost complaint, which is the last of its lines. */
function describe(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").at(-1) ?? "the HDF5 library gives no reason";
}
