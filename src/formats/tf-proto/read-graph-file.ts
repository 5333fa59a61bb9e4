import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { formatError, ParityError } from "../../errors.js";
import { encodeTextMessage } from "./encode-text.js";
import { decodeGraphDef } from "./graph-def.js";
import { readGraphDef } from "./read-files.js";
import type { GraphDef } from "./types.js";

/** A graph in text form with its weights is several times as large as its numbers; past this it was meant to be binary. */
const MAX_TEXT_BYTES = 512 * 2 ** 20;

/**
 * Reads a graph, binary (`.pb`) or in text form (`.pbtxt`), which its beginning tells. Throws FILE_NOT_FOUND, or
 * FORMAT_INVALID when the file is not a GraphDef.
 */
export function readGraphFile(path: string): GraphDef {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || !isText(path)) return readGraphDef(path);
  if (stat.size > MAX_TEXT_BYTES) {
    throw new ParityError("FORMAT_UNSUPPORTED", `${path} is a graph in text form of ${stat.size} bytes.`, {
      where: { file: path },
      hint: `Up to ${MAX_TEXT_BYTES} bytes are read; save it in binary form: tf.io.write_graph(graph, folder, name, as_text=False).`,
    });
  }
  const bytes = encodeTextMessage(readFileSync(path, "utf8"), "GraphDef", path);
  const graph = decodeGraphDef(bytes, { file: path });
  if (graph.node.length > 0) return graph;
  throw formatError(`${path} is not a GraphDef: it has no nodes`, { file: path, line: 1 });
}

/** A binary graph begins with the tag of its first node, 0x0a, which is a line's end, and then the node's length. */
function isText(path: string): boolean {
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(256);
    const text = bytes.toString("latin1", 0, readSync(descriptor, bytes, 0, bytes.length, 0));
    return /^(?:\s|#[^\n]*\n)*(?:node|versions?|library)\s*[:{<]/.test(text);
  } finally {
    closeSync(descriptor);
  }
}
