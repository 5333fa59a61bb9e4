import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { DataType, toDataType } from "../formats/tf-proto/data-type.js";
import { makeTensorProto, TensorProto } from "../formats/tf-proto/tensor-proto.js";
import type { AttrValue, NodeDef } from "../formats/tf-proto/types.js";
import type { DType } from "../formats/types.js";

/** The elements of a string constant as text; null when the op is not a constant of strings. */
export function readStringTensor(node: NodeDef): readonly string[] | null {
  const value = node.attr.get("value");
  if (node.op !== "Const" || value === undefined || !("tensor" in value) || value.tensor.dtype !== "string")
    return null;
  const decoder = new TextDecoder();
  return value.tensor.strings().map((bytes) => decoder.decode(bytes));
}

/** How many sizes an op that gives a shape gives; null where the graph does not tell. */
export function readShapeLength(node: NodeDef | undefined): number | null {
  if (node?.op === "Pack") return node.input.filter((name) => !name.startsWith("^")).length;
  const value = node?.attr.get("value");
  if (node?.op !== "Const" || value === undefined || !("tensor" in value)) return null;
  return value.tensor.dims()[0] ?? null;
}

/** An op with the given attributes and no device. */
export function makeNode(
  name: string,
  op: string,
  input: readonly string[],
  attr: Readonly<Record<string, AttrValue>> = {},
): NodeDef {
  return { name, op, input, device: "", attr: new Map(Object.entries(attr)), unknown: [] };
}

/** A constant vector of int32. */
export function makeInt32Constant(
  name: string,
  values: readonly number[],
  shape: readonly number[] = [values.length],
): NodeDef {
  return makeConstant(name, "int32", shape, new Uint8Array(Int32Array.from(values).buffer));
}

/** A constant vector of strings. */
export function makeStringConstant(name: string, values: readonly string[]): NodeDef {
  // tensorflow/core/framework/tensor.proto: dtype = 1, tensor_shape = 2 { dim = 2 { size = 1 } }, string_val = 8.
  const writer = new BinaryWriter();
  writer.uint32(8).int32(DataType.STRING);
  const dim = new BinaryWriter().uint32(8).int64(values.length).finish();
  const shape = new BinaryWriter().uint32(18).bytes(dim).finish();
  writer.uint32(18).bytes(shape);
  for (const value of values) writer.uint32(66).bytes(new TextEncoder().encode(value));
  const tensor = TensorProto.decode(writer.finish(), { file: name, offset: 0 });
  return makeNode(name, "Const", [], { dtype: { type: DataType.STRING }, value: { tensor } });
}

function makeConstant(name: string, dtype: DType, shape: readonly number[], bytes: Uint8Array): NodeDef {
  return makeNode(name, "Const", [], {
    dtype: { type: toDataType(dtype) },
    value: { tensor: makeTensorProto(dtype, shape, bytes) },
  });
}
