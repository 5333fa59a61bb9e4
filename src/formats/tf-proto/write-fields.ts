import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { RawFields } from "./types.js";

/** Writes kept fields as they were. */
export function writeUnknown(writer: BinaryWriter, unknown: RawFields | undefined): void {
  for (const field of unknown ?? []) writer.raw(field);
}

/** Writes a `string` field, left out when empty (proto3's default). */
export function writeString(writer: BinaryWriter, field: number, value: string): void {
  if (value !== "") writer.tag(field, WireType.LengthDelimited).string(value);
}

/** Writes a repeated `string` field; here the empty ones count. */
export function writeStrings(writer: BinaryWriter, field: number, values: readonly string[]): void {
  for (const value of values) writer.tag(field, WireType.LengthDelimited).string(value);
}

/** Writes a `bytes` field or a message that is kept raw; nothing for undefined. */
export function writeBytes(writer: BinaryWriter, field: number, value: Uint8Array | undefined): void {
  if (value !== undefined) writer.tag(field, WireType.LengthDelimited).bytes(value);
}

/** Writes a `bool` field, left out when false. */
export function writeBool(writer: BinaryWriter, field: number, value: boolean): void {
  if (value) writer.tag(field, WireType.Varint).bool(value);
}

/** Writes a message field; `write` fills it in. */
export function writeMessage(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

/** Writes a repeated number field in packed form; nothing when empty. */
export function writePacked<T>(
  writer: BinaryWriter,
  field: number,
  values: readonly T[],
  write: (value: T) => void,
): void {
  if (values.length === 0) return;
  writeMessage(writer, field, () => {
    for (const value of values) write(value);
  });
}
