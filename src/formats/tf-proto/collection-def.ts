import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { ProtoReader, type ProtoSource } from "./proto-reader.js";
import type { CollectionDef } from "./types.js";
import { decodeVariableDef, encodeVariableDef } from "./variable-def.js";
import { writeBytes, writeMessage, writeStrings } from "./write-fields.js";

/** The collections into which TensorFlow puts `VariableDef`s (`tf.compat.v1.GraphKeys`). */
const VARIABLE_COLLECTIONS: ReadonlySet<string> = new Set([
  "variables",
  "trainable_variables",
  "local_variables",
  "model_variables",
  "moving_average_variables",
  "metric_variables",
  "trainable_resource_variables",
  "concatenated_variables",
]);

const NODE_LIST = 1;
const BYTES_LIST = 2;

/** Decodes the raw `CollectionDef` of the collection `key`. Kinds that hold neither nodes nor bytes stay raw. */
export function decodeCollection(key: string, raw: Uint8Array, source: ProtoSource): CollectionDef {
  const reader = new ProtoReader(raw, source);
  const nodes: string[] = [];
  const bytes: { value: Uint8Array; source: ProtoSource }[] = [];
  const unknown: Uint8Array[] = [];
  let kind = 0;
  const onField = (field: number): boolean => {
    if (field !== NODE_LIST && field !== BYTES_LIST) return false;
    kind = field;
    const onValue = (valueField: number): boolean => {
      if (valueField !== 1) return false;
      if (field === NODE_LIST) {
        nodes.push(reader.string());
      } else {
        const value = reader.rawBytes();
        bytes.push({ value, source: reader.sourceOf(value) });
      }
      return true;
    };
    reader.nested(field === NODE_LIST ? "NodeList" : "BytesList", onValue, unknown);
    return true;
  };
  reader.parse(() => reader.root("CollectionDef", onField, unknown));
  if (kind === 0 || unknown.length > 0) return { kind: "raw", raw };
  if (kind === NODE_LIST) return { kind: "nodes", values: nodes };
  if (!VARIABLE_COLLECTIONS.has(key)) return { kind: "bytes", values: bytes.map(({ value }) => value) };
  return { kind: "variables", variables: bytes.map((entry) => decodeVariableDef(entry.value, entry.source)) };
}

/** Writes the fields of a `CollectionDef`. */
export function writeCollection(writer: BinaryWriter, collection: CollectionDef): void {
  switch (collection.kind) {
    case "nodes":
      writeMessage(writer, NODE_LIST, () => writeStrings(writer, 1, collection.values));
      return;
    case "raw":
      writer.raw(collection.raw);
      return;
    default: {
      const values =
        collection.kind === "bytes"
          ? collection.values
          : collection.variables.map((variable) => encodeVariableDef(variable));
      writeMessage(writer, BYTES_LIST, () => {
        for (const value of values) writeBytes(writer, 1, value);
      });
    }
  }
}
