import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { writeBytes, writeMessage, writeUnknown } from "../tf-proto/write-fields.js";
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from "./types.js";

/**
 * The bytes of a model, with every field that was read and not understood. What lies in the model's own file
 * (`in-file`) has to be brought into memory, or into an external file, before: see `Weights`.
 */
export function encodeOnnxModel(model: OnnxModel): Uint8Array {
  const writer = new BinaryWriter();
  writeUnknown(writer, model.unknown);
  writeMessage(writer, 7, () => writeGraph(writer, model.graph));
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) writeMessage(writer, 1, () => writeNode(writer, node));
  for (const tensor of graph.initializers) writeMessage(writer, 5, () => writeTensor(writer, tensor));
  for (const { raw } of graph.inputs) writeBytes(writer, 11, raw);
  for (const { raw } of graph.outputs) writeBytes(writer, 12, raw);
  for (const { raw } of graph.valueInfo) writeBytes(writer, 13, raw);
  writeUnknown(writer, graph.unknown);
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  // An input that is not given is an empty name, which counts.
  for (const name of node.inputs) writer.tag(1, WireType.LengthDelimited).string(name);
  for (const name of node.outputs) writer.tag(2, WireType.LengthDelimited).string(name);
  if (node.name !== "") writer.tag(3, WireType.LengthDelimited).string(node.name);
  writer.tag(4, WireType.LengthDelimited).string(node.opType);
  for (const { raw } of node.attributes.values()) writeBytes(writer, 5, raw);
  if (node.domain !== "") writer.tag(7, WireType.LengthDelimited).string(node.domain);
  for (const [key, value] of node.metadata) writeEntry(writer, 9, key, value);
  writeUnknown(writer, node.unknown);
}

function writeEntry(writer: BinaryWriter, field: number, key: string, value: string): void {
  writeMessage(writer, field, () => {
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).string(value);
  });
}

/** The message of a tensor alone. */
export function encodeTensor(tensor: OnnxTensor): Uint8Array {
  const writer = new BinaryWriter();
  writeTensor(writer, tensor);
  return writer.finish();
}

function writeTensor(writer: BinaryWriter, tensor: OnnxTensor): void {
  const { data } = tensor;
  if (tensor.dims.length > 0) {
    writeMessage(writer, 1, () => {
      for (const size of tensor.dims) writer.int64(size);
    });
  }
  writer.tag(2, WireType.Varint).int32(tensor.elemType);
  if (tensor.name !== "") writer.tag(8, WireType.LengthDelimited).string(tensor.name);
  switch (data.kind) {
    case "raw":
      writeBytes(writer, 9, data.bytes);
      break;
    case "external":
      writeEntry(writer, 13, "location", data.location);
      writeEntry(writer, 13, "offset", String(data.offset));
      if (data.length !== null) writeEntry(writer, 13, "length", String(data.length));
      writer.tag(14, WireType.Varint).int32(1);
      break;
    case "typed":
      for (const text of data.strings) writeBytes(writer, 6, text);
      writeTyped(writer, data.field, data.bytes);
      break;
    case "in-file":
      throw new RangeError(`the numbers of ${tensor.name} were not brought along`);
  }
  writeUnknown(writer, tensor.unknown);
}

/** A repeated number field, packed, from words as wide as the field's type. */
function writeTyped(writer: BinaryWriter, field: number, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  writeMessage(writer, field, () => {
    if (field === 4 || field === 10) writer.raw(bytes);
    else if (field === 5) for (let at = 0; at < bytes.length; at += 4) writer.int32(view.getInt32(at, true));
    else if (field === 7) for (let at = 0; at < bytes.length; at += 8) writer.int64(view.getBigInt64(at, true));
    else for (let at = 0; at < bytes.length; at += 8) writer.uint64(view.getBigUint64(at, true));
  });
}
