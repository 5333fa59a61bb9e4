import { WireType } from "@bufbuild/protobuf/wire";
import { formatError } from "../../errors.js";
import { type ByteSource, readBytes } from "../byte-source.js";
import { checkShape } from "../check-shape.js";
import { ProtoReader } from "../tf-proto/proto-reader.js";
import { INLINE_BYTES } from "./limits.js";
import { type ScannedField, scanFields } from "./scan-fields.js";
import type { OnnxData, OnnxTensor } from "./types.js";

const RAW_DATA = 9;

/** Which repeated fields hold numbers, and how wide each number is there. */
const TYPED: ReadonlyMap<number, { readonly width: 4 | 8; readonly wire: WireType }> = new Map([
  [4, { width: 4, wire: WireType.Bit32 }],
  [5, { width: 4, wire: WireType.Varint }],
  [7, { width: 8, wire: WireType.Varint }],
  [10, { width: 8, wire: WireType.Bit64 }],
  [11, { width: 8, wire: WireType.Varint }],
]);

const HINT = "The file is cut off, damaged or no ONNX model: fetch or export it again.";

/**
 * Reads a `TensorProto` that lies in `source` from `start` to `end`. `raw_data` of some size is left where it is: what is read
 * is the rest of the message around it.
 */
export function readTensorProto(source: ByteSource, start: number, end: number): OnnxTensor {
  const kept: ScannedField[] = [];
  let left: ScannedField | null = null;
  for (const field of scanFields(source, start, end, "TensorProto")) {
    if (field.field === RAW_DATA && field.end - field.valueStart > INLINE_BYTES) left = field;
    else kept.push(field);
  }
  const fields = kept.map((one) => readBytes(source, one.start, one.end - one.start));
  const data: OnnxData | null =
    left === null ? null : { kind: "in-file", offset: left.valueStart, length: left.end - left.valueStart };
  return parseFields(Buffer.concat(fields), data, source.file, start);
}

/** A `TensorProto` that is in memory. */
export function parseTensorProto(bytes: Uint8Array, file: string, offset: number): OnnxTensor {
  return parseFields(bytes, null, file, offset);
}

function parseFields(bytes: Uint8Array, left: OnnxData | null, file: string, offset: number): OnnxTensor {
  // Offsets within the message are not those of the file once a part was left out: the message's own is what is told.
  const reader = new ProtoReader(bytes, left === null ? { file, offset, hint: HINT } : { file, hint: HINT });
  const sizes: (number | bigint)[] = [];
  const unknown: Uint8Array[] = [];
  const strings: Uint8Array[] = [];
  const chunks = new Map<number, Uint8Array[]>();
  const external = new Map<string, string>();
  let [name, elemType, location, isSegmented] = ["", 0, 0, false];
  let raw: Uint8Array | null = null;
  reader.parse(() =>
    reader.root(
      "TensorProto",
      (field) => {
        const typed = TYPED.get(field);
        if (field === 1) reader.int64s(sizes);
        else if (field === 2) elemType = reader.int32();
        else if (field === 3) isSegmented = reader.rawBytes().length > 0;
        else if (field === 6) strings.push(reader.rawBytes());
        else if (field === 8) name = reader.string();
        else if (field === RAW_DATA) raw = reader.rawBytes();
        else if (field === 13) readEntry(reader, external);
        else if (field === 14) location = reader.int32();
        else if (typed !== undefined) {
          const packed = reader.packedBytes(typed.wire);
          const numbers = typed.wire === WireType.Varint ? widenVarints(packed, typed.width) : packed;
          chunks.set(field, [...(chunks.get(field) ?? []), numbers]);
        } else return false;
        return true;
      },
      unknown,
    ),
  );
  const where = { file, offset, key: name };
  if (isSegmented) throw formatError(`the tensor ${name} is divided into segments, which ONNX never used`, where, HINT);
  const dims = checkShape(sizes, name, where);
  const typed = chunks.entries().next().value;
  const data: OnnxData =
    location === 1
      ? externalData(external, name, where)
      : (left ??
        (raw !== null
          ? { kind: "raw", bytes: raw }
          : { kind: "typed", field: typed?.[0] ?? 0, bytes: Buffer.concat(typed?.[1] ?? []), strings }));
  return { name, elemType, dims, data, offset, unknown };
}

/** A `StringStringEntryProto`. */
export function readEntry(reader: ProtoReader, into: Map<string, string>): void {
  let [key, value] = ["", ""];
  reader.nested(
    "StringStringEntryProto",
    (field) => {
      if (field === 1) key = reader.string();
      else if (field === 2) value = reader.string();
      else return false;
      return true;
    },
    [],
  );
  into.set(key, value);
}

function externalData(
  entries: ReadonlyMap<string, string>,
  name: string,
  where: { readonly file: string; readonly offset: number; readonly key: string },
): OnnxData {
  const location = entries.get("location") ?? "";
  if (location === "")
    throw formatError(`the tensor ${name} lies in another file, but it is not said in which`, where, HINT);
  const number = (key: string): number | null => {
    const text = entries.get(key);
    if (text === undefined) return null;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value))
      throw formatError(
        `the tensor ${name}: its ${key} in ${location} is "${text}", not a number of bytes`,
        where,
        HINT,
      );
    return value;
  };
  return { kind: "external", location, offset: number("offset") ?? 0, length: number("length") };
}

/** Varints as little-endian words of `width` bytes. */
function widenVarints(bytes: Uint8Array, width: 4 | 8): Uint8Array {
  let count = 0;
  for (const byte of bytes) if (byte < 0x80) count += 1;
  const words = new Uint8Array(count * width);
  let [at, shift] = [0, 0];
  let [low, high] = [0, 0];
  for (const byte of bytes) {
    const part = byte & 0x7f;
    if (shift < 28) low |= part << shift;
    else if (shift === 28) {
      low |= part << 28;
      high |= part >>> 4;
    } else if (shift < 64) high |= part << (shift - 32);
    shift += 7;
    if (byte >= 0x80) continue;
    for (let i = 0; i < 4; i += 1) words[at + i] = low >>> (8 * i);
    if (width === 8) for (let i = 0; i < 4; i += 1) words[at + 4 + i] = high >>> (8 * i);
    at += width;
    [low, high, shift] = [0, 0, 0];
  }
  return words;
}
