import { baseDataType, DataType, toDType } from "../formats/tf-proto/data-type.js";
import type { NodeDef } from "../formats/tf-proto/types.js";
import type { DType } from "../formats/types.js";
import { typeAttr } from "./attr.js";

/** Ops whose (first) output type is named by another attribute than `T` or `dtype`, or is fixed. */
const TYPE_ATTRIBUTE: Readonly<Record<string, string>> = {
  Cast: "DstT",
  Bitcast: "type",
  Shape: "out_type",
  ShapeN: "out_type",
  Size: "out_type",
  ArgMax: "output_type",
  ArgMin: "output_type",
  Gather: "Tparams",
  GatherV2: "Tparams",
  GatherNd: "Tparams",
  Multinomial: "output_dtype",
};

const BOOLEAN_OPS: ReadonlySet<string> = new Set([
  "Equal",
  "NotEqual",
  "Less",
  "LessEqual",
  "Greater",
  "GreaterEqual",
  "LogicalAnd",
  "LogicalOr",
  "LogicalNot",
  "All",
  "Any",
  "IsNan",
  "IsInf",
  "IsFinite",
]);

/**
 * The DataType of output `slot` of an op as its own attributes tell it, undefined where they do not. Covers the ops of
 * inference graphs; an op that is not known by name answers with its `T`, `dtype` or component list.
 */
export function outputDataType(node: NodeDef, slot: number): number | undefined {
  if (BOOLEAN_OPS.has(node.op)) return DataType.BOOL;
  if (node.op === "Rank" || node.op === "Where") return node.op === "Rank" ? DataType.INT32 : DataType.INT64;
  if ((node.op === "TopKV2" || node.op === "TopK") && slot === 1) return DataType.INT32;
  if (/^FusedBatchNormV[23]$/.test(node.op) && slot > 0) return typeAttr(node, "U");
  const named = TYPE_ATTRIBUTE[node.op];
  if (named !== undefined) {
    const type = typeAttr(node, named);
    if (type !== undefined) return type;
    if (/^(Shape|ShapeN|Size)$/.test(node.op)) return DataType.INT32;
    if (/^Arg/.test(node.op)) return DataType.INT64;
  }
  const type = typeAttr(node, "dtype") ?? typeAttr(node, "T");
  if (type !== undefined) return baseDataType(type);
  const list = node.attr.get("output_types") ?? node.attr.get("Tout");
  return list !== undefined && "list" in list ? list.list.type[slot] : undefined;
}

const FLOATS: ReadonlySet<DType> = new Set(["float64", "float32", "float16", "bfloat16"]);

/** The dtype of a tensor when it is a floating one, else null. */
export function floatingDType(node: NodeDef, slot: number): DType | null {
  const dataType = outputDataType(node, slot);
  const dtype = dataType === undefined ? undefined : toDType(dataType);
  return dtype !== undefined && FLOATS.has(dtype) ? dtype : null;
}
