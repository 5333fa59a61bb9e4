import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { readMapEntry, writeMap } from "./map-entry.js";
import type { ProtoReader } from "./proto-reader.js";
import { readTensorShape, writeTensorShape } from "./tensor-shape.js";
import type { SignatureDef, TensorInfo, TensorShape } from "./types.js";
import { writeMessage, writeString, writeUnknown } from "./write-fields.js";

function readTensorInfo(reader: ProtoReader): TensorInfo {
  let name = "";
  let dtype = 0;
  let shape: TensorShape | undefined;
  const unknown: Uint8Array[] = [];
  reader.nested(
    "TensorInfo",
    (field) => {
      if (field === 1) name = reader.string();
      else if (field === 2) dtype = reader.int32();
      else if (field === 3) shape = readTensorShape(reader);
      else return false;
      return true;
    },
    unknown,
  );
  return { name, dtype, shape, unknown };
}

const noTensor = (): TensorInfo => ({ name: "", dtype: 0, shape: undefined, unknown: [] });

/** Reads the current field as a `SignatureDef`. */
export function readSignatureDef(reader: ProtoReader): SignatureDef {
  const inputs = new Map<string, TensorInfo>();
  const outputs = new Map<string, TensorInfo>();
  let methodName = "";
  const unknown: Uint8Array[] = [];
  const readInfo = () => readTensorInfo(reader);
  reader.nested(
    "SignatureDef",
    (field) => {
      if (field === 1) readMapEntry(reader, inputs, readInfo, noTensor);
      else if (field === 2) readMapEntry(reader, outputs, readInfo, noTensor);
      else if (field === 3) methodName = reader.string();
      else return false;
      return true;
    },
    unknown,
  );
  return { inputs, outputs, methodName, unknown };
}

/** Writes the fields of a `SignatureDef`. */
export function writeSignatureDef(writer: BinaryWriter, signature: SignatureDef): void {
  const writeInfo = ({ name, dtype, shape, unknown }: TensorInfo): void => {
    writeString(writer, 1, name);
    if (dtype !== 0) writer.tag(2, WireType.Varint).int32(dtype);
    if (shape !== undefined) writeMessage(writer, 3, () => writeTensorShape(writer, shape));
    writeUnknown(writer, unknown);
  };
  writeMap(writer, 1, signature.inputs, writeInfo);
  writeMap(writer, 2, signature.outputs, writeInfo);
  writeString(writer, 3, signature.methodName);
  writeUnknown(writer, signature.unknown);
}
