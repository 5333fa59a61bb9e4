import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { formatError } from "../../errors.js";
import { parseDataType } from "./data-type.js";
import { parseTextFormat, type TextMessage, type TextValue } from "./text-format.js";

/** What a field holds: a scalar, a message by its name, or a map from text (or whole numbers) to one of these. */
type Kind = "text" | "int" | "uint" | "bool" | "float" | "double" | "type" | `@${string}` | `map:${string}`;

/** The fields of TensorFlow's graph messages by name: number and kind (tensorflow/core/framework/*.proto). */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, readonly [number, Kind]>>>> = {
  GraphDef: {
    node: [1, "@NodeDef"],
    library: [2, "@FunctionDefLibrary"],
    version: [3, "int"],
    versions: [4, "@VersionDef"],
  },
  VersionDef: { producer: [1, "int"], min_consumer: [2, "int"], bad_consumers: [3, "int"] },
  NodeDef: { name: [1, "text"], op: [2, "text"], input: [3, "text"], device: [4, "text"], attr: [5, "map:@AttrValue"] },
  AttrValue: {
    list: [1, "@ListValue"],
    s: [2, "text"],
    i: [3, "int"],
    f: [4, "float"],
    b: [5, "bool"],
    type: [6, "type"],
    shape: [7, "@TensorShapeProto"],
    tensor: [8, "@TensorProto"],
    placeholder: [9, "text"],
    func: [10, "@NameAttrList"],
  },
  ListValue: {
    s: [2, "text"],
    i: [3, "int"],
    f: [4, "float"],
    b: [5, "bool"],
    type: [6, "type"],
    shape: [7, "@TensorShapeProto"],
    tensor: [8, "@TensorProto"],
    func: [9, "@NameAttrList"],
  },
  NameAttrList: { name: [1, "text"], attr: [2, "map:@AttrValue"] },
  TensorShapeProto: { dim: [2, "@Dim"], unknown_rank: [3, "bool"] },
  Dim: { size: [1, "int"], name: [2, "text"] },
  TensorProto: {
    dtype: [1, "type"],
    tensor_shape: [2, "@TensorShapeProto"],
    version_number: [3, "int"],
    tensor_content: [4, "text"],
    float_val: [5, "float"],
    double_val: [6, "double"],
    int_val: [7, "int"],
    string_val: [8, "text"],
    scomplex_val: [9, "float"],
    int64_val: [10, "int"],
    bool_val: [11, "bool"],
    dcomplex_val: [12, "double"],
    half_val: [13, "int"],
    uint32_val: [16, "uint"],
    uint64_val: [17, "uint"],
    float8_val: [18, "text"],
  },
  FunctionDefLibrary: { function: [1, "@FunctionDef"], gradient: [2, "@GradientDef"] },
  GradientDef: { function_name: [1, "text"], gradient_func: [2, "text"] },
  FunctionDef: {
    signature: [1, "@OpDef"],
    node_def: [3, "@NodeDef"],
    ret: [4, "map:text"],
    attr: [5, "map:@AttrValue"],
    control_ret: [6, "map:text"],
  },
  OpDef: {
    name: [1, "text"],
    input_arg: [2, "@ArgDef"],
    output_arg: [3, "@ArgDef"],
    attr: [4, "@AttrDef"],
    is_stateful: [17, "bool"],
    control_output: [20, "text"],
  },
  ArgDef: {
    name: [1, "text"],
    type: [3, "type"],
    type_attr: [4, "text"],
    number_attr: [5, "text"],
    type_list_attr: [6, "text"],
    is_ref: [16, "bool"],
  },
  AttrDef: { name: [1, "text"], type: [2, "text"], default_value: [3, "@AttrValue"] },
};

/**
 * The binary form of a message in text form. Fields that the running of a graph does not need (debugging information,
 * documentation) are left out. Throws FORMAT_INVALID with the line, or the field that does not hold what it should.
 */
export function encodeTextMessage(text: string, message: string, file: string): Uint8Array {
  const writer = new BinaryWriter();
  writeFields(writer, parseTextFormat(text, file), message, file);
  return writer.finish();
}

function writeFields(writer: BinaryWriter, { fields }: TextMessage, message: string, file: string): void {
  const known = MESSAGES[message] ?? {};
  for (const [name, value] of fields) {
    const field = known[name];
    if (field !== undefined) writeField(writer, field[0], field[1], value, `${message}.${name}`, file);
  }
}

function writeField(
  writer: BinaryWriter,
  number: number,
  kind: Kind,
  value: TextValue,
  place: string,
  file: string,
): void {
  if (kind.startsWith("@")) {
    writer.tag(number, WireType.LengthDelimited).fork();
    writeFields(writer, messageOf(value, place, file), kind.slice(1), file);
    writer.join();
    return;
  }
  if (kind.startsWith("map:")) {
    const entry = messageOf(value, place, file);
    writer.tag(number, WireType.LengthDelimited).fork();
    for (const [name, one] of entry.fields) {
      if (name === "key") writeField(writer, 1, "text", one, place, file);
      if (name === "value") writeField(writer, 2, kind.slice("map:".length) as Kind, one, place, file);
    }
    writer.join();
    return;
  }
  if (kind === "text") {
    if (!(value instanceof Uint8Array)) throw wrong(place, "a string", file);
    writer.tag(number, WireType.LengthDelimited).bytes(value);
    return;
  }
  if (typeof value !== "string") throw wrong(place, "a number, true, false or a name", file);
  writeScalar(writer, number, kind, value, place, file);
}

function writeScalar(
  writer: BinaryWriter,
  number: number,
  kind: Kind,
  token: string,
  place: string,
  file: string,
): void {
  switch (kind) {
    case "bool":
      writer.tag(number, WireType.Varint).bool(/^(true|True|t|1)$/.test(token));
      return;
    case "type": {
      const type = parseDataType(token);
      if (type === undefined) throw wrong(place, "the name of a type such as DT_FLOAT", file);
      writer.tag(number, WireType.Varint).int32(type);
      return;
    }
    case "float":
      writer.tag(number, WireType.Bit32).float(numberOf(token, place, file));
      return;
    case "double":
      writer.tag(number, WireType.Bit64).double(numberOf(token, place, file));
      return;
    default: {
      if (!/^-?(\d+|0x[0-9a-fA-F]+)$/.test(token)) throw wrong(place, "a whole number", file);
      const whole = token.startsWith("-0x") ? -BigInt(token.slice(1)) : BigInt(token);
      if (kind === "uint") writer.tag(number, WireType.Varint).uint64(BigInt.asUintN(64, whole));
      else writer.tag(number, WireType.Varint).int64(BigInt.asIntN(64, whole));
    }
  }
}

function numberOf(token: string, place: string, file: string): number {
  const plain = token.replace(/(?<=[\d.])f$/i, "");
  if (/^-?inf(inity)?$/i.test(plain))
    return plain.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^-?nan$/i.test(plain)) return Number.NaN;
  const value = Number(plain);
  if (Number.isNaN(value)) throw wrong(place, "a number", file);
  return value;
}

function messageOf(value: TextValue, place: string, file: string): TextMessage {
  if (typeof value === "object" && "fields" in value) return value;
  throw wrong(place, "a message in braces", file);
}

function wrong(place: string, expected: string, file: string) {
  return formatError(`${file}: ${place} does not hold ${expected}`, { file }, "Export the graph again.");
}
