import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ProtoReader } from "./proto-reader.js";
import type { RawFields, TensorShape } from "./types.js";
import { writeMessage, writeString, writeUnknown } from "./write-fields.js";

/** Reads the current field as a `TensorShapeProto`. */
export function readTensorShape(reader: ProtoReader): TensorShape {
  const dims: number[] = [];
  const details: { name: string; unknown: RawFields }[] = [];
  const unknown: Uint8Array[] = [];
  let unknownRank = false;
  let detailed = false;
  reader.nested(
    "TensorShapeProto",
    (field) => {
      if (field === 3) {
        unknownRank = reader.bool();
        return true;
      }
      if (field !== 2) return false;
      let size = 0;
      let name = "";
      const dimUnknown: Uint8Array[] = [];
      reader.nested(
        "Dim",
        (dimField) => {
          if (dimField === 1) size = reader.safeInt64();
          else if (dimField === 2) name = reader.string();
          else return false;
          return true;
        },
        dimUnknown,
      );
      if (size < -1) throw reader.fail(`a dimension of size ${size}`);
      dims.push(size);
      details.push({ name, unknown: dimUnknown });
      detailed ||= name !== "" || dimUnknown.length > 0;
      return true;
    },
    unknown,
  );
  const rest = unknown.length > 0 ? { unknown } : {};
  if (unknownRank) return { unknownRank: true, ...rest };
  return detailed ? { dims, dimDetails: details, ...rest } : { dims, ...rest };
}

/** Writes the fields of a `TensorShapeProto`. */
export function writeTensorShape(writer: BinaryWriter, shape: TensorShape): void {
  if ("unknownRank" in shape) {
    writer.tag(3, WireType.Varint).bool(true);
  } else {
    shape.dims.forEach((size, index) => {
      const detail = shape.dimDetails?.[index];
      writeMessage(writer, 2, () => {
        if (size !== 0) writer.tag(1, WireType.Varint).int64(size);
        writeString(writer, 2, detail?.name ?? "");
        writeUnknown(writer, detail?.unknown);
      });
    });
  }
  writeUnknown(writer, shape.unknown);
}
