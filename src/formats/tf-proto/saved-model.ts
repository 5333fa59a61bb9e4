import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { readMetaGraphFields, writeMetaGraph } from "./meta-graph.js";
import { ProtoReader, type ProtoSource } from "./proto-reader.js";
import type { MetaGraphDef, SavedModel } from "./types.js";
import { writeMessage, writeUnknown } from "./write-fields.js";

/** Decodes a `SavedModel`. Throws FORMAT_INVALID with file and offset when the bytes are not one. */
export function decodeSavedModel(bytes: Uint8Array, source: ProtoSource): SavedModel {
  const reader = new ProtoReader(bytes, source);
  let schemaVersion = 0;
  const metaGraphs: MetaGraphDef[] = [];
  const unknown: Uint8Array[] = [];
  const onField = (field: number): boolean => {
    if (field === 1) schemaVersion = reader.safeInt64();
    else if (field === 2) metaGraphs.push(readMetaGraphFields(reader, false));
    else return false;
    return true;
  };
  reader.parse(() => reader.root("SavedModel", onField, unknown));
  return { schemaVersion, metaGraphs, unknown };
}

/** The bytes of a `SavedModel` (`saved_model.pb`). */
export function encodeSavedModel(model: SavedModel): Uint8Array {
  const writer = new BinaryWriter();
  if (model.schemaVersion !== 0) writer.tag(1, WireType.Varint).int64(model.schemaVersion);
  for (const metaGraph of model.metaGraphs) writeMessage(writer, 2, () => writeMetaGraph(writer, metaGraph));
  writeUnknown(writer, model.unknown);
  return writer.finish();
}
