import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatError, ParityError } from "../../errors.js";
import { isSstable } from "../sstable.js";
import { decodeGraphDef } from "./graph-def.js";
import { decodeMetaGraph } from "./meta-graph.js";
import { decodeSavedModel } from "./saved-model.js";
import type { GraphDef, MetaGraphDef, SavedModel } from "./types.js";

/** Protobuf messages, and so every writer of these files, end at 2 GiB. */
const MAX_PROTO_BYTES = 2 ** 31 - 1;

/**
 * Reads a `.meta` file, as TensorFlow 1's Saver writes it beside a checkpoint. Throws FILE_NOT_FOUND, or
 * FORMAT_INVALID with the offset when the file is not a MetaGraphDef.
 */
export function readMetaGraph(path: string): MetaGraphDef {
  const hint = "The .meta file that belongs to the checkpoint is needed; copy it again if it is damaged.";
  const bytes = readProtoFile(path, "a MetaGraphDef (.meta)", hint);
  const metaGraph = decodeMetaGraph(bytes, { file: path, offset: 0, hint });
  if (metaGraph.graphDef === undefined) {
    throw formatError(`${path} is not a MetaGraphDef (.meta): it has no graph_def`, { file: path, offset: 0 }, hint);
  }
  return metaGraph;
}

/** Reads a frozen graph (`.pb`). Throws FILE_NOT_FOUND, or FORMAT_INVALID when the file is not a GraphDef. */
export function readGraphDef(path: string): GraphDef {
  const hint =
    "A frozen graph is a binary GraphDef. For a saved_model.pb give its directory; a .meta is read as .meta.";
  const bytes = readProtoFile(path, "a GraphDef (.pb)", hint);
  const graph = decodeGraphDef(bytes, { file: path, offset: 0, hint });
  if (graph.node.length === 0) {
    throw formatError(`${path} is not a GraphDef (.pb): it has no nodes`, { file: path, offset: 0 }, hint);
  }
  return graph;
}

/**
 * Reads `saved_model.pb` of a SavedModel directory (or that file itself). Throws FILE_NOT_FOUND, or FORMAT_INVALID
 * when the file is not a SavedModel.
 */
export function readSavedModel(directory: string): SavedModel {
  const isDirectory = statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
  const path = isDirectory ? join(directory, "saved_model.pb") : directory;
  if (isDirectory && !existsSync(path) && existsSync(join(directory, "saved_model.pbtxt"))) {
    throw new ParityError("FORMAT_UNSUPPORTED", `${directory} holds a SavedModel in text form (saved_model.pbtxt)`, {
      where: { file: join(directory, "saved_model.pbtxt") },
      hint: "Save it again in binary form: tf.saved_model.save(model, directory).",
    });
  }
  const hint = "A SavedModel directory has saved_model.pb and variables/; copy it again if it is damaged.";
  const bytes = readProtoFile(path, "a SavedModel (saved_model.pb)", hint);
  const model = decodeSavedModel(bytes, { file: path, offset: 0, hint });
  if (model.metaGraphs.length === 0) {
    throw formatError(`${path} is not a SavedModel: it has no graphs`, { file: path, offset: 0 }, hint);
  }
  return model;
}

function readProtoFile(path: string, what: string, hint: string): Uint8Array {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new ParityError("FILE_NOT_FOUND", `${path} does not exist`, { where: { file: path }, hint });
  }
  if (!stat.isFile()) {
    throw new ParityError("FILE_NOT_FOUND", `${path} is not a file`, { where: { file: path }, hint });
  }
  if (stat.size > MAX_PROTO_BYTES) {
    throw formatError(
      `${path} has ${stat.size} bytes; ${what} cannot be larger than ${MAX_PROTO_BYTES}`,
      { file: path, offset: MAX_PROTO_BYTES },
      hint,
    );
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new ParityError("FILE_NOT_FOUND", `${path} cannot be read: ${String(cause)}`, {
      where: { file: path },
      hint: "Check its permissions.",
      cause,
    });
  }
  if (bytes.length === 0) throw formatError(`${path} is empty; ${what} was expected`, { file: path, offset: 0 }, hint);
  if (isSstable(bytes)) {
    throw formatError(
      `${path} is the index of a checkpoint (a sorted table), not ${what}`,
      { file: path, offset: bytes.length - 8 },
      hint,
    );
  }
  return bytes;
}
