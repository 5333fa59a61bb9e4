import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { ProtoReader } from "./proto-reader.js";
import type { MetaInfoDef, SaverDef } from "./types.js";
import { writeBool, writeBytes, writeString, writeStrings, writeUnknown } from "./write-fields.js";

/** Reads the current field as a `MetaInfoDef`. */
export function readMetaInfoDef(reader: ProtoReader): MetaInfoDef {
  const info = {
    metaGraphVersion: "",
    strippedOpList: undefined as Uint8Array | undefined,
    tags: [] as string[],
    tensorflowVersion: "",
    tensorflowGitVersion: "",
    strippedDefaultAttrs: false,
    unknown: [] as Uint8Array[],
  };
  const onField = (field: number): boolean => {
    if (field === 1) info.metaGraphVersion = reader.string();
    else if (field === 2) info.strippedOpList = reader.rawBytes();
    else if (field === 4) info.tags.push(reader.string());
    else if (field === 5) info.tensorflowVersion = reader.string();
    else if (field === 6) info.tensorflowGitVersion = reader.string();
    else if (field === 7) info.strippedDefaultAttrs = reader.bool();
    else return false;
    return true;
  };
  reader.nested("MetaInfoDef", onField, info.unknown);
  return info;
}

/** Writes the fields of a `MetaInfoDef`. */
export function writeMetaInfoDef(writer: BinaryWriter, info: MetaInfoDef): void {
  writeString(writer, 1, info.metaGraphVersion);
  writeBytes(writer, 2, info.strippedOpList);
  writeStrings(writer, 4, info.tags);
  writeString(writer, 5, info.tensorflowVersion);
  writeString(writer, 6, info.tensorflowGitVersion);
  writeBool(writer, 7, info.strippedDefaultAttrs);
  writeUnknown(writer, info.unknown);
}

/** Reads the current field as a `SaverDef`; how often and how many it saves is kept in `unknown`. */
export function readSaverDef(reader: ProtoReader): SaverDef {
  const saver = { filenameTensorName: "", saveTensorName: "", restoreOpName: "", unknown: [] as Uint8Array[] };
  const onField = (field: number): boolean => {
    if (field === 1) saver.filenameTensorName = reader.string();
    else if (field === 2) saver.saveTensorName = reader.string();
    else if (field === 3) saver.restoreOpName = reader.string();
    else return false;
    return true;
  };
  reader.nested("SaverDef", onField, saver.unknown);
  return saver;
}

/** Writes the fields of a `SaverDef`. */
export function writeSaverDef(writer: BinaryWriter, saver: SaverDef): void {
  writeString(writer, 1, saver.filenameTensorName);
  writeString(writer, 2, saver.saveTensorName);
  writeString(writer, 3, saver.restoreOpName);
  writeUnknown(writer, saver.unknown);
}
