import { DataType, toDType } from "../../formats/tf-proto/data-type.js";
import { makeTensorProto } from "../../formats/tf-proto/tensor-proto.js";
import type { AttrValue, NodeDef } from "../../formats/tf-proto/types.js";
import { isNarrowFloat, lacksFloatType } from "./float-types.js";

/** The op in double: every floating type that an attribute names is double, and so are the numbers of a constant. */
export function widenNode(node: NodeDef): NodeDef {
  const attr = new Map<string, AttrValue>();
  for (const [name, value] of node.attr) attr.set(name, name.startsWith("_") ? value : widenAttr(value));
  if (lacksFloatType(node)) attr.set("T", { type: DataType.DOUBLE });
  return { ...node, attr };
}

function widenAttr(value: AttrValue): AttrValue {
  if ("type" in value) return isNarrowFloat(value.type) ? { ...value, type: DataType.DOUBLE } : value;
  if ("list" in value) {
    const type = value.list.type.map((one) => (isNarrowFloat(one) ? DataType.DOUBLE : one));
    return { ...value, list: { ...value.list, type } };
  }
  if ("tensor" in value && isNarrowFloat(value.tensor.dataType) && toDType(value.tensor.dataType) !== undefined) {
    const numbers = Float64Array.from(value.tensor.values() as ArrayLike<number>);
    return { tensor: makeTensorProto("float64", value.tensor.dims(), new Uint8Array(numbers.buffer)) };
  }
  return value;
}
