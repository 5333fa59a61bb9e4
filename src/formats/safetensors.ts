import { sliceSource } from "./byte-source.js";
import { withFileBytes } from "./file-bytes.js";
import { readSafetensorsHeader } from "./safetensors-header.js";
import { makeTensor } from "./tensor-view.js";
import type { TensorFile } from "./types.js";

/**
 * Opens a safetensors file. Only the header is read; tensors come in the order of their data. Throws FILE_NOT_FOUND,
 * FORMAT_INVALID (damaged, over a limit, holes or overlaps) or FORMAT_UNSUPPORTED (an element type parity does not read).
 */
export function openSafetensors(path: string): TensorFile {
  return withFileBytes(path, (bytes) => {
    const { entries, metadata } = readSafetensorsHeader(bytes);
    const tensors = new Map(
      entries.map(({ name, dtype, shape, start, byteLength }) => [
        name,
        makeTensor({ name, dtype, shape, source: sliceSource(bytes, start, byteLength, `tensor ${name}`) }),
      ]),
    );
    return { path, format: "safetensors", tensors, metadata, aliases: [], close: () => bytes.close() };
  });
}
