import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { decodeCollection, writeCollection } from "./collection-def.js";
import { readGraphFields, writeGraphDef } from "./graph-def.js";
import { readMapEntry, writeMap } from "./map-entry.js";
import { readMetaInfoDef, readSaverDef, writeMetaInfoDef, writeSaverDef } from "./meta-info-def.js";
import { ProtoReader, type ProtoSource } from "./proto-reader.js";
import { readSignatureDef, writeSignatureDef } from "./signature-def.js";
import type { CollectionDef, GraphDef, MetaGraphDef, MetaInfoDef, SaverDef, SignatureDef } from "./types.js";
import { writeMessage, writeUnknown } from "./write-fields.js";

interface RawCollection {
  readonly raw: Uint8Array;
  readonly source: ProtoSource;
}

/** Reads the current field as a `MetaGraphDef`, or the reader's whole buffer when `asRoot` is set. */
export function readMetaGraphFields(reader: ProtoReader, asRoot: boolean): MetaGraphDef {
  let metaInfoDef: MetaInfoDef | undefined;
  let graphDef: GraphDef | undefined;
  let saverDef: SaverDef | undefined;
  const rawCollections = new Map<string, RawCollection>();
  const signatureDef = new Map<string, SignatureDef>();
  const unknown: Uint8Array[] = [];
  const readCollection = (): RawCollection => {
    const raw = reader.rawBytes();
    return { raw, source: reader.sourceOf(raw) };
  };
  const onField = (field: number): boolean => {
    switch (field) {
      case 1:
        // No writer splits these two messages. Field 1 repeats in a bare GraphDef, whose nodes stand there.
        if (metaInfoDef !== undefined) throw reader.fail("a second meta_info_def: is this a bare GraphDef?");
        metaInfoDef = readMetaInfoDef(reader);
        return true;
      case 2:
        if (graphDef !== undefined) throw reader.fail("a second graph_def");
        graphDef = readGraphFields(reader, false);
        return true;
      case 3:
        saverDef = readSaverDef(reader);
        return true;
      case 4:
        readMapEntry(reader, rawCollections, readCollection, () => ({ raw: new Uint8Array(0), source: reader.source }));
        return true;
      case 5:
        readMapEntry(
          reader,
          signatureDef,
          () => readSignatureDef(reader),
          () => ({ inputs: new Map(), outputs: new Map(), methodName: "", unknown: [] }),
        );
        return true;
      default:
        return false;
    }
  };
  if (asRoot) reader.root("MetaGraphDef", onField, unknown);
  else reader.nested("MetaGraphDef", onField, unknown);
  const collectionDef = new Map<string, CollectionDef>();
  // The key may follow the value on the wire, and what the value means depends on the key: so decoded last.
  for (const [key, { raw, source }] of rawCollections) collectionDef.set(key, decodeCollection(key, raw, source));
  return { metaInfoDef, graphDef, saverDef, collectionDef, signatureDef, unknown };
}

/** Decodes a `MetaGraphDef`. Throws FORMAT_INVALID with file and offset when the bytes are not one. */
export function decodeMetaGraph(bytes: Uint8Array, source: ProtoSource): MetaGraphDef {
  const reader = new ProtoReader(bytes, source);
  return reader.parse(() => readMetaGraphFields(reader, true));
}

/** Writes the fields of a `MetaGraphDef`. */
export function writeMetaGraph(writer: BinaryWriter, metaGraph: MetaGraphDef): void {
  const { metaInfoDef, graphDef, saverDef } = metaGraph;
  if (metaInfoDef !== undefined) writeMessage(writer, 1, () => writeMetaInfoDef(writer, metaInfoDef));
  if (graphDef !== undefined) writeMessage(writer, 2, () => writeGraphDef(writer, graphDef));
  if (saverDef !== undefined) writeMessage(writer, 3, () => writeSaverDef(writer, saverDef));
  writeMap(writer, 4, metaGraph.collectionDef, (collection) => writeCollection(writer, collection));
  writeMap(writer, 5, metaGraph.signatureDef, (signature) => writeSignatureDef(writer, signature));
  writeUnknown(writer, metaGraph.unknown);
}

/** The bytes of a `MetaGraphDef` (a `.meta` file). */
export function encodeMetaGraph(metaGraph: MetaGraphDef): Uint8Array {
  const writer = new BinaryWriter();
  writeMetaGraph(writer, metaGraph);
  return writer.finish();
}
