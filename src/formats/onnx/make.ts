import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { writeBytes, writeMessage } from "../tf-proto/write-fields.js";
import type { OnnxAttribute, OnnxNode, OnnxTensor, OnnxValueInfo } from "./types.js";
import { encodeTensor } from "./write-model.js";

/** Numbers of `AttributeProto.AttributeType`. */
const TYPE = { int: 2, tensor: 4 } as const;

/** An attribute that is one integer. */
export function makeInt(name: string, int: number): OnnxAttribute {
  const raw = attribute(name, TYPE.int, (writer) => writer.tag(3, WireType.Varint).int64(int));
  return { name, raw, int };
}

/** An attribute that is a tensor. */
export function makeTensorAttribute(name: string, tensor: OnnxTensor): OnnxAttribute {
  const raw = attribute(name, TYPE.tensor, (writer) => writeBytes(writer, 5, encodeTensor(tensor)));
  return { name, raw, tensor };
}

function attribute(name: string, type: number, write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(name);
  write(writer);
  writer.tag(20, WireType.Varint).int32(type);
  return writer.finish();
}

/** An operator of ONNX's own. */
export function makeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly OnnxAttribute[] = [],
): OnnxNode {
  return {
    name: `parity/${outputs[0] ?? opType}`,
    opType,
    domain: "",
    inputs,
    outputs,
    attributes: new Map(attributes.map((one) => [one.name, one])),
    metadata: new Map(),
    unknown: [],
  };
}

/** A tensor from row-major little-endian bytes. */
export function makeTensor(name: string, elemType: number, dims: readonly number[], bytes: Uint8Array): OnnxTensor {
  return { name, elemType, dims, data: { kind: "raw", bytes }, offset: 0, unknown: [] };
}

/** One list of int64. */
export function makeInt64s(name: string, values: readonly (number | bigint)[]): OnnxTensor {
  const words = BigInt64Array.from(values, BigInt);
  return makeTensor(name, 7, [values.length], new Uint8Array(words.buffer));
}

/** An input or output of which type and, where they are known, sizes are said (-1: any). */
export function makeValueInfo(name: string, elemType: number, dims: readonly number[] | null = null): OnnxValueInfo {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(name);
  if (elemType !== 0) {
    writeMessage(writer, 2, () =>
      writeMessage(writer, 1, () => {
        writer.tag(1, WireType.Varint).int32(elemType);
        if (dims === null) return;
        writeMessage(writer, 2, () => {
          for (const size of dims) {
            writeMessage(writer, 1, () => {
              if (size >= 0) writer.tag(1, WireType.Varint).int64(size);
            });
          }
        });
      }),
    );
  }
  return { name, elemType, dims, params: [], isTensor: true, raw: writer.finish() };
}
