import { isGolden } from "../config/golden-folder.js";
import { ParityError } from "../errors.js";
import { openGolden } from "../runners/golden/open-golden.js";
import { totalBytes } from "../runners/golden/verify-files.js";
import { DEFAULT_KEEPING, type Keeping } from "./record-types.js";

/** How much a golden that is there keeps, for one that is made in its place; the defaults where there is none to be read. */
export function readRecordedKeeping(path: string): Keeping {
  if (!isGolden(path)) return DEFAULT_KEEPING;
  try {
    const { manifest } = openGolden(path);
    const kept = manifest.cases.filter((one) => one.inner !== null).length;
    return {
      taps: manifest.taps,
      storage: manifest.storage,
      sketchElements: manifest.sketchElements ?? DEFAULT_KEEPING.sketchElements,
      inner: kept === 0 ? keptNone(manifest.leftOut, "inner") : kept > 1 ? "all" : "auto",
      double: manifest.float64 === null ? keptNone(manifest.leftOut, "float64") : "auto",
      weights: manifest.declared === undefined ? "all" : "none",
      // Somebody allowed that size; twice as much is another golden.
      maxBytes: Math.max(DEFAULT_KEEPING.maxBytes, 2 * totalBytes(manifest)),
    };
  } catch (error) {
    if (error instanceof ParityError) return DEFAULT_KEEPING;
    throw error;
  }
}

/** What was wanted and left out for its size is wanted again; what nobody wanted is not. */
function keptNone(leftOut: readonly string[], what: string): "auto" | "none" {
  return leftOut.some((text) => text.startsWith(what)) ? "auto" : "none";
}
