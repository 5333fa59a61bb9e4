import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { readAttrValue, writeAttrValue } from "./attr-value.js";
import { readMapEntry, writeMap } from "./map-entry.js";
import { ProtoReader, type ProtoSource } from "./proto-reader.js";
import type { AttrValue, FunctionDef, FunctionLibrary, GraphDef, NodeDef } from "./types.js";
import { writeBytes, writeMessage, writeString, writeStrings, writeUnknown } from "./write-fields.js";

/** Reads the current field as a `NodeDef`. */
export function readNodeDef(reader: ProtoReader): NodeDef {
  let name = "";
  let op = "";
  let device = "";
  const input: string[] = [];
  const attr = new Map<string, AttrValue>();
  const unknown: Uint8Array[] = [];
  const readAttr = () => readAttrValue(reader);
  reader.nested(
    "NodeDef",
    (field) => {
      if (field === 1) name = reader.string();
      else if (field === 2) op = reader.string();
      else if (field === 3) input.push(reader.string());
      else if (field === 4) device = reader.string();
      else if (field === 5) readMapEntry<AttrValue>(reader, attr, readAttr, () => ({ none: true }));
      else return false;
      return true;
    },
    unknown,
  );
  if (name === "" || op === "") throw reader.fail(name === "" ? "a node without a name" : `node ${name} has no op`);
  return { name, op, input, device, attr, unknown };
}

function writeNodeDef(writer: BinaryWriter, node: NodeDef): void {
  writeString(writer, 1, node.name);
  writeString(writer, 2, node.op);
  writeStrings(writer, 3, node.input);
  writeString(writer, 4, node.device);
  writeMap(writer, 5, node.attr, (value) => writeAttrValue(writer, value));
  writeUnknown(writer, node.unknown);
}

/** A function's name stands in its signature (field 1), an `OpDef` whose field 1 is the name. */
function readFunctionDef(reader: ProtoReader): FunctionDef {
  let name = "";
  const onOpDef = (field: number): boolean => {
    if (field !== 1) return false;
    name = reader.string();
    return true;
  };
  const raw = reader.nestedRaw("FunctionDef", (field) => {
    if (field !== 1) return false;
    reader.nestedRaw("OpDef", onOpDef);
    return true;
  });
  return { name, raw };
}

function readLibrary(reader: ProtoReader): FunctionLibrary {
  const functions: FunctionDef[] = [];
  const unknown: Uint8Array[] = [];
  reader.nested(
    "FunctionDefLibrary",
    (field) => {
      if (field !== 1) return false;
      functions.push(readFunctionDef(reader));
      return true;
    },
    unknown,
  );
  return { functions, unknown };
}

/** Reads the current field as a `GraphDef`, or the reader's whole buffer when `asRoot` is set. */
export function readGraphFields(reader: ProtoReader, asRoot: boolean): GraphDef {
  const node: NodeDef[] = [];
  const unknown: Uint8Array[] = [];
  let library: FunctionLibrary | undefined;
  let versions: Uint8Array | undefined;
  const onField = (field: number): boolean => {
    if (field === 1) node.push(readNodeDef(reader));
    else if (field === 2) library = readLibrary(reader);
    else if (field === 4) versions = reader.rawBytes();
    else return false;
    return true;
  };
  if (asRoot) reader.root("GraphDef", onField, unknown);
  else reader.nested("GraphDef", onField, unknown);
  return { node, library, versions, unknown };
}

/** Decodes a `GraphDef`. Throws FORMAT_INVALID with file and offset when the bytes are not one. */
export function decodeGraphDef(bytes: Uint8Array, source: ProtoSource): GraphDef {
  const reader = new ProtoReader(bytes, source);
  return reader.parse(() => readGraphFields(reader, true));
}

/** Writes the fields of a `GraphDef`. */
export function writeGraphDef(writer: BinaryWriter, graph: GraphDef): void {
  for (const node of graph.node) writeMessage(writer, 1, () => writeNodeDef(writer, node));
  writeBytes(writer, 4, graph.versions);
  const { library } = graph;
  if (library !== undefined) {
    writeMessage(writer, 2, () => {
      for (const { raw } of library.functions) writeBytes(writer, 1, raw);
      writeUnknown(writer, library.unknown);
    });
  }
  writeUnknown(writer, graph.unknown);
}

/** The bytes of a `GraphDef` (a `.pb` file). */
export function encodeGraphDef(graph: GraphDef): Uint8Array {
  const writer = new BinaryWriter();
  writeGraphDef(writer, graph);
  return writer.finish();
}
