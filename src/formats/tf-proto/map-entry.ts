import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ProtoReader } from "./proto-reader.js";

/**
 * Reads the current field as one entry of a protobuf map (key 1, value 2) into `map`; an entry without a value gets
 * `empty`. As in protobuf, the last entry of a key counts.
 */
export function readMapEntry<T>(reader: ProtoReader, map: Map<string, T>, readValue: () => T, empty: () => T): void {
  let key = "";
  let value: T | undefined;
  const outer = reader.enter("map entry");
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) key = reader.string();
    else if (field === 2) value = readValue();
    else reader.skip();
  }
  reader.leave(outer);
  map.set(key, value ?? empty());
}

/** Writes a map as the repeated entries that it is on the wire, in the map's order. */
export function writeMap<T>(
  writer: BinaryWriter,
  field: number,
  map: ReadonlyMap<string, T>,
  writeValue: (value: T) => void,
): void {
  for (const [key, value] of map) {
    writer.tag(field, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).fork();
    writeValue(value);
    writer.join().join();
  }
}
