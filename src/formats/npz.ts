import { formatError } from "../errors.js";
import { withFileBytes } from "./file-bytes.js";
import { npyView, readNpyHeader } from "./npy.js";
import { makeTensor, type SpanCache } from "./tensor-view.js";
import type { LazyTensor, TensorFile } from "./types.js";
import { readZipDirectory } from "./zip-directory.js";
import { createInflateCache, memberBeginning, memberSource } from "./zip-member.js";

/**
 * Opens an `.npz` file as numpy's `savez` and `savez_compressed` write it. Listing reads the directory and each header.
 * A compressed array is inflated whole when it is read; the last one is kept. Throws as `openNpy`.
 */
export function openNpz(path: string): TensorFile {
  return withFileBytes(path, (bytes) => {
    const inflated = createInflateCache();
    const spanCache: SpanCache = { held: undefined };
    const tensors = new Map<string, LazyTensor>();
    for (const member of readZipDirectory(bytes).values()) {
      const name = member.name.endsWith(".npy") ? member.name.slice(0, -4) : member.name;
      if (tensors.has(name)) throw formatError(`the array ${name} is in the file twice`, { file: path, key: name });
      const header = readNpyHeader(memberBeginning(bytes, member), name);
      const view = npyView(name, memberSource(bytes, member, inflated), header);
      tensors.set(name, makeTensor({ ...view, spanCache }));
    }
    const close = (): void => {
      spanCache.held = undefined;
      inflated.clear();
      bytes.close();
    };
    return { path, format: "npz", tensors, metadata: {}, aliases: [], close };
  });
}
