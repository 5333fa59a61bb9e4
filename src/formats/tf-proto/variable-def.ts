import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { ProtoReader, type ProtoSource } from "./proto-reader.js";
import type { SaveSliceInfo, VariableDef } from "./types.js";
import { writeBool, writeMessage, writePacked, writeString, writeUnknown } from "./write-fields.js";

/** Decodes the `VariableDef` that a collection of variables holds as bytes. */
export function decodeVariableDef(bytes: Uint8Array, source: ProtoSource): VariableDef {
  const reader = new ProtoReader(bytes, source);
  const variable = {
    variableName: "",
    initialValueName: "",
    initializerName: "",
    snapshotName: "",
    isResource: false,
    trainable: false,
    saveSliceInfo: undefined as SaveSliceInfo | undefined,
    unknown: [] as Uint8Array[],
  };
  const onField = (field: number): boolean => {
    if (field === 1) variable.variableName = reader.string();
    else if (field === 2) variable.initializerName = reader.string();
    else if (field === 3) variable.snapshotName = reader.string();
    else if (field === 4) variable.saveSliceInfo = readSaveSliceInfo(reader);
    else if (field === 5) variable.isResource = reader.bool();
    else if (field === 6) variable.initialValueName = reader.string();
    else if (field === 7) variable.trainable = reader.bool();
    else return false;
    return true;
  };
  reader.parse(() => reader.root("VariableDef", onField, variable.unknown));
  return variable;
}

function readSaveSliceInfo(reader: ProtoReader): SaveSliceInfo {
  let fullName = "";
  const unknown: Uint8Array[] = [];
  const fullShape: (number | bigint)[] = [];
  const varOffset: (number | bigint)[] = [];
  const varShape: (number | bigint)[] = [];
  reader.nested(
    "SaveSliceInfoDef",
    (field) => {
      if (field === 1) fullName = reader.string();
      else if (field === 2) reader.int64s(fullShape);
      else if (field === 3) reader.int64s(varOffset);
      else if (field === 4) reader.int64s(varShape);
      else return false;
      return true;
    },
    unknown,
  );
  const [full, offset, size] = [fullShape, varOffset, varShape].map((values) => values.map(Number));
  return { fullName, fullShape: full ?? [], varOffset: offset ?? [], varShape: size ?? [], unknown };
}

/** The bytes of a `VariableDef`. */
export function encodeVariableDef(variable: VariableDef): Uint8Array {
  const writer = new BinaryWriter();
  writeString(writer, 1, variable.variableName);
  writeString(writer, 2, variable.initializerName);
  writeString(writer, 3, variable.snapshotName);
  const slice = variable.saveSliceInfo;
  if (slice !== undefined) {
    writeMessage(writer, 4, () => {
      writeString(writer, 1, slice.fullName);
      writePacked(writer, 2, slice.fullShape, (size) => writer.int64(size));
      writePacked(writer, 3, slice.varOffset, (size) => writer.int64(size));
      writePacked(writer, 4, slice.varShape, (size) => writer.int64(size));
      writeUnknown(writer, slice.unknown);
    });
  }
  writeBool(writer, 5, variable.isResource);
  writeString(writer, 6, variable.initialValueName);
  writeBool(writer, 7, variable.trainable);
  writeUnknown(writer, variable.unknown);
  return writer.finish();
}
