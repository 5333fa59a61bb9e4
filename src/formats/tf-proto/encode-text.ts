import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { formatError } from "../../errors.js";
import { parseDataType } from "./data-type.js";
import { type Kind, MESSAGES } from "./message-tables.js";
import { parseTextFormat, type TextMessage, type TextValue } from "./text-format.js";

/**
 * The binary form of a message in text form. Fields that the running of a graph does not need (debugging information,
 * documentation) are left out. Throws FORMAT_INVALID with the line, or the field that does not hold what it should.
 */
export function encodeTextMessage(text: string, message: string, file: string): Uint8Array {
  return encodeFields(parseTextFormat(text, file), message, file);
}

/** The binary form of a parsed message. Errors as `encodeTextMessage`. */
export function encodeFields(fields: TextMessage, message: string, file: string): Uint8Array {
  const writer = new BinaryWriter();
  writeFields(writer, fields, message, file);
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
  if (kind === "text" || kind === "bytes") {
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
