import { statSync } from "node:fs";
import { readBytes } from "./byte-source.js";
import { withFileBytes } from "./file-bytes.js";
import { isHdf5 } from "./hdf5.js";
import { isKerasArchive } from "./keras-archive.js";
import { readZipDirectory } from "./zip-directory.js";

/**
 * Loads what `openTensorFile` needs for these paths, which is nothing but for HDF5 files (Keras' `.h5` and `.keras`). Never throws
 * for what the paths are: `openTensorFile` says what is wrong with them.
 */
export async function prepareFormats(...paths: readonly string[]): Promise<void> {
  if (!paths.some(needsHdf5)) return;
  const { loadHdf5 } = await import("./hdf5/library.js");
  await loadHdf5();
}

function needsHdf5(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  try {
    return withFileBytes(path, (bytes) => {
      const beginning = readBytes(bytes, 0, Math.min(8, bytes.size));
      const isZip = Buffer.from(beginning).toString("latin1", 0, 2) === "PK";
      const needed = isHdf5(beginning) || (isZip && isKerasArchive([...readZipDirectory(bytes).keys()]));
      bytes.close();
      return needed;
    });
  } catch {
    return false;
  }
}
