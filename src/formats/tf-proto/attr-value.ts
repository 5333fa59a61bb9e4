import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { ProtoReader } from "./proto-reader.js";
import { TensorProto, writeTensorProto } from "./tensor-proto.js";
import { readTensorShape, writeTensorShape } from "./tensor-shape.js";
import type { AttrValue, FuncValue, ListValue } from "./types.js";
import { writeBytes, writeMessage, writePacked, writeUnknown } from "./write-fields.js";

/** Reads the current field as an `AttrValue`. */
export function readAttrValue(reader: ProtoReader): AttrValue {
  const unknown: Uint8Array[] = [];
  let value: AttrValue = { none: true };
  reader.nested(
    "AttrValue",
    (field) => {
      switch (field) {
        case 1:
          value = { list: readListValue(reader) };
          return true;
        case 2:
          value = { s: reader.rawBytes() };
          return true;
        case 3:
          value = { i: reader.int64() };
          return true;
        case 4:
          value = { f: reader.float() };
          return true;
        case 5:
          value = { b: reader.bool() };
          return true;
        case 6:
          value = { type: reader.int32() };
          return true;
        case 7:
          value = { shape: readTensorShape(reader) };
          return true;
        case 8:
          value = { tensor: readTensor(reader) };
          return true;
        case 9:
          value = { placeholder: reader.string() };
          return true;
        case 10:
          value = { func: readFunc(reader) };
          return true;
        default:
          return false;
      }
    },
    unknown,
  );
  return unknown.length === 0 ? value : { ...value, unknown };
}

function readTensor(reader: ProtoReader): TensorProto {
  const raw = reader.rawBytes();
  return TensorProto.decode(raw, reader.sourceOf(raw));
}

/** The attributes of a function value are kept raw: they may hold function values again, to any depth. */
function readFunc(reader: ProtoReader): FuncValue {
  const raw = reader.rawBytes();
  const inner = new ProtoReader(raw, reader.sourceOf(raw));
  let name = "";
  inner.parse(() =>
    inner.root(
      "NameAttrList",
      (field) => {
        if (field !== 1) return false;
        name = inner.string();
        return true;
      },
      [],
    ),
  );
  return { name, raw };
}

function readListValue(reader: ProtoReader): ListValue {
  const booleans: number[] = [];
  const list = {
    s: [] as Uint8Array[],
    i: [] as (number | bigint)[],
    f: [] as number[],
    type: [] as number[],
    shape: [] as ListValue["shape"][number][],
    tensor: [] as TensorProto[],
    func: [] as FuncValue[],
    unknown: [] as Uint8Array[],
  };
  reader.nested(
    "ListValue",
    (field) => {
      if (field === 2) list.s.push(reader.rawBytes());
      else if (field === 3) reader.int64s(list.i);
      else if (field === 4) reader.floats(list.f);
      else if (field === 5) reader.int32s(booleans);
      else if (field === 6) reader.int32s(list.type);
      else if (field === 7) list.shape.push(readTensorShape(reader));
      else if (field === 8) list.tensor.push(readTensor(reader));
      else if (field === 9) list.func.push(readFunc(reader));
      else return false;
      return true;
    },
    list.unknown,
  );
  return { ...list, b: booleans.map((value) => value !== 0) };
}

/** Writes the fields of an `AttrValue`. The one value is written even when it is zero or empty: being set counts. */
export function writeAttrValue(writer: BinaryWriter, value: AttrValue): void {
  if ("s" in value) writeBytes(writer, 2, value.s);
  else if ("i" in value) writer.tag(3, WireType.Varint).int64(value.i);
  else if ("f" in value) writer.tag(4, WireType.Bit32).float(value.f);
  else if ("b" in value) writer.tag(5, WireType.Varint).bool(value.b);
  else if ("type" in value) writer.tag(6, WireType.Varint).int32(value.type);
  else if ("shape" in value) writeMessage(writer, 7, () => writeTensorShape(writer, value.shape));
  else if ("tensor" in value) writeMessage(writer, 8, () => writeTensorProto(writer, value.tensor));
  else if ("list" in value) writeMessage(writer, 1, () => writeListValue(writer, value.list));
  else if ("func" in value) writeBytes(writer, 10, value.func.raw);
  else if ("placeholder" in value) writer.tag(9, WireType.LengthDelimited).string(value.placeholder);
  writeUnknown(writer, value.unknown);
}

function writeListValue(writer: BinaryWriter, list: ListValue): void {
  for (const value of list.s) writeBytes(writer, 2, value);
  writePacked(writer, 3, list.i, (value) => writer.int64(value));
  writePacked(writer, 4, list.f, (value) => writer.float(value));
  writePacked(writer, 5, list.b, (value) => writer.bool(value));
  writePacked(writer, 6, list.type, (value) => writer.int32(value));
  for (const shape of list.shape) writeMessage(writer, 7, () => writeTensorShape(writer, shape));
  for (const tensor of list.tensor) writeMessage(writer, 8, () => writeTensorProto(writer, tensor));
  for (const func of list.func) writeBytes(writer, 9, func.raw);
  writeUnknown(writer, list.unknown);
}
