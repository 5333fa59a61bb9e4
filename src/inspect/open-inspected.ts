import { openTensorFile } from "../formats/open.js";
import { readGraphFile } from "../formats/tf-proto/read-graph-file.js";
import type { TensorFile } from "../formats/types.js";
import { openFrozenGraph } from "../tensorflow/frozen-graph.js";

/** The tensors of a model file; of a graph in one file (`.pb`, `.pbtxt`) its constants. Errors as `openTensorFile`. */
export function openInspected(path: string): TensorFile {
  return isGraphFile(path) ? openFrozenGraph(readGraphFile(path), path).variables : openTensorFile(path);
}

/** Whether a path is that of a graph in one file, which is no SavedModel's. */
export function isGraphFile(path: string): boolean {
  return /\.(pb|pbtxt)$/i.test(path) && !/(^|[\\/])saved_model\.pb(txt)?$/.test(path);
}
