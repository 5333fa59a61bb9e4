import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ProtoReader } from "./proto-reader.js";
import { readTensorProto, type TensorProto, writeTensorProto } from "./tensor-proto.js";
import { readTensorShape, writeTensorShape } from "./tensor-shape.js";
import type { AttrValue, FuncValue, ListValue, TensorShape } from "./types.js";
import { writeBytes, writeMessage, writePacked, writeUnknown } from "./write-fields.js";

/** Reads the current field as an `AttrValue`. */
export function readAttrValue(reader: ProtoReader): AttrValue {
  let value: AttrValue = { none: true };
  const unknown: Uint8Array[] = [];
  const outer = reader.enter("AttrValue");
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const known = readAttrKind(reader, field);
    if (known !== undefined) value = known;
    else unknown.push(reader.unknownField());
  }
  reader.leave(outer);
  return unknown.length === 0 ? value : { ...value, unknown };
}

function readAttrKind(reader: ProtoReader, field: number): AttrValue | undefined {
  switch (field) {
    case 1:
      return { list: readListValue(reader) };
    case 2:
      return { s: reader.rawBytes() };
    case 3:
      return { i: reader.int64() };
    case 4:
      return { f: reader.float() };
    case 5:
      return { b: reader.bool() };
    case 6:
      return { type: reader.int32() };
    case 7:
      return { shape: readTensorShape(reader) };
    case 8:
      return { tensor: readTensorProto(reader) };
    case 9:
      return { placeholder: reader.string() };
    case 10:
      return { func: readFunc(reader) };
    default:
      return undefined;
  }
}

/** The attributes of a function value are kept raw: they may hold function values again, to any depth. */
function readFunc(reader: ProtoReader): FuncValue {
  let name = "";
  const raw = reader.nestedRaw("NameAttrList", (field) => {
    if (field !== 1) return false;
    name = reader.string();
    return true;
  });
  return { name, raw };
}

/** Shared by all lists; most have values of one kind only. */
const NONE: readonly never[] = [];

function readListValue(reader: ProtoReader): ListValue {
  const s: Uint8Array[] = [];
  const integers: (number | bigint)[] = [];
  const numbers: number[] = [];
  const booleans: number[] = [];
  const type: number[] = [];
  const shape: TensorShape[] = [];
  const tensor: TensorProto[] = [];
  const func: FuncValue[] = [];
  const unknown: Uint8Array[] = [];
  reader.nested(
    "ListValue",
    (field) => {
      if (field === 2) s.push(reader.rawBytes());
      else if (field === 3) reader.int64s(integers);
      else if (field === 4) reader.floats(numbers);
      else if (field === 5) reader.int32s(booleans);
      else if (field === 6) reader.int32s(type);
      else if (field === 7) shape.push(readTensorShape(reader));
      else if (field === 8) tensor.push(readTensorProto(reader));
      else if (field === 9) func.push(readFunc(reader));
      else return false;
      return true;
    },
    unknown,
  );
  const keep = <T>(values: readonly T[]): readonly T[] => (values.length === 0 ? NONE : values);
  return {
    s: keep(s),
    i: keep(integers),
    f: keep(numbers),
    b: booleans.length === 0 ? NONE : booleans.map((value) => value !== 0),
    type: keep(type),
    shape: keep(shape),
    tensor: keep(tensor),
    func: keep(func),
    unknown: keep(unknown),
  };
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
