import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { isPretrainedFolder, parsePretrained } from "../config/torch-models.js";
import { openTensorFile } from "../formats/open.js";
import { prepareFormats } from "../formats/prepare.js";
import { readGraphFile } from "../formats/tf-proto/read-graph-file.js";
import type { TensorFile } from "../formats/types.js";
import { openFrozenGraph } from "../tensorflow/frozen-graph.js";
import { openTfjsModel } from "../tensorflow/tfjs-model.js";

/** The file in which a folder of transformers' has its weights, the whole of them before one of several. */
const PRETRAINED = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"];

/**
 * The tensors of a model: of a graph in one file (`.pb`, `.pbtxt`) or of TensorFlow.js its constants, of a folder of transformers'
 * (also `hf:DIR`) its weights, of any other model what `openTensorFile` gives. Errors as `openTensorFile`.
 */
export async function openInspected(path: string): Promise<TensorFile> {
  if (isGraphFile(path)) return openFrozenGraph(readGraphFile(path), path).variables;
  const web = findTfjsModel(path);
  if (web !== null) return openTfjsModel(web).variables;
  const file = findPretrained(path) ?? path;
  await prepareFormats(file);
  return openTensorFile(file);
}

/** Whether a path is that of a graph in one file, which is no SavedModel's. */
export function isGraphFile(path: string): boolean {
  return /\.(pb|pbtxt)$/i.test(path) && !/(^|[\\/])saved_model\.pb(txt)?$/.test(path);
}

/** The `model.json` that a path is, or that is in the folder; null for any other path. */
export function findTfjsModel(path: string): string | null {
  if (/(^|[\\/])model\.json$/.test(path)) return path;
  const inside = join(path, "model.json");
  return existsSync(inside) && statSync(path).isDirectory() ? inside : null;
}

function findPretrained(path: string): string | null {
  const folder = parsePretrained(path)?.directory ?? path;
  if (!isPretrainedFolder(folder)) return null;
  const name = PRETRAINED.find((one) => existsSync(join(folder, one)));
  return name === undefined ? null : join(folder, name);
}
