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

/** Output types that no attribute tells, or that differ from what `T` and `dtype` say. */
const FIXED_TYPE: readonly (readonly [ops: RegExp, slot: number | null, type: number])[] = [
  [/^(VarHandleOp|Iterator|IteratorV2|OneShotIterator)$/, null, DataType.RESOURCE],
  [/^TensorArray(Grad)?V3$/, 0, DataType.RESOURCE],
  [/^TensorArrayConcatV3$/, 1, DataType.INT64],
  [/^TensorArraySizeV3$|^Rank$|^Bucketize$/, null, DataType.INT32],
  [/^(Ref)?Merge$|^TopK(V2)?$/, 1, DataType.INT32],
  [/^NonMaxSuppression(V[23])?$/, null, DataType.INT32],
  [/^Where$/, null, DataType.INT64],
  [/^Resize(Bilinear|Bicubic|Area)$|^CropAndResize$/, null, DataType.FLOAT],
];

/** A number that only orders reads and writes of a TensorArray; it says nothing. */
const FLOW_OPS = /^TensorArray(Write|Scatter|Split)V3$/;

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
  "ApproximateEqual",
  "InTopK",
  "InTopKV2",
  "IsVariableInitialized",
  "VarIsInitializedOp",
]);

/**
 * The DataType of output `slot` of an op as its own attributes tell it, undefined where they do not. Covers the ops of
 * inference graphs; an op that is not known by name answers with its `T`, `dtype` or component list.
 */
export function outputDataType(node: NodeDef, slot: number): number | undefined {
  if (BOOLEAN_OPS.has(node.op)) return DataType.BOOL;
  const fixed = FIXED_TYPE.find(([ops, at]) => ops.test(node.op) && (at === null || at === slot));
  if (fixed !== undefined) return fixed[2];
  if (FLOW_OPS.test(node.op) || /^TensorArray(Grad)?V3$/.test(node.op)) return undefined;
  if (/^FusedBatchNormV[23]$/.test(node.op) && slot > 0) return typeAttr(node, "U");
  const named = TYPE_ATTRIBUTE[node.op];
  if (named !== undefined) {
    const type = typeAttr(node, named);
    if (type !== undefined) return type;
    if (/^(Shape|ShapeN|Size)$/.test(node.op)) return DataType.INT32;
    if (/^(Arg|Multinomial)/.test(node.op)) return DataType.INT64;
  }
  const type = typeAttr(node, "dtype") ?? typeAttr(node, "T");
  if (type !== undefined) return baseDataType(type);
  for (const name of ["output_types", "component_types", "Tout", "T"]) {
    const list = node.attr.get(name);
    if (list !== undefined && "list" in list) return list.list.type[slot];
  }
  return typeAttr(node, "Tout");
}

const FLOATS: ReadonlySet<DType> = new Set(["float64", "float32", "float16", "bfloat16"]);

/** The dtype of a tensor when it is a floating one, else null. */
export function floatingDType(node: NodeDef, slot: number): DType | null {
  const dataType = outputDataType(node, slot);
  const dtype = dataType === undefined ? undefined : toDType(dataType);
  return dtype !== undefined && FLOATS.has(dtype) ? dtype : null;
}
