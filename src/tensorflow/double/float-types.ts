import { baseDataType, DataType } from "../../formats/tf-proto/data-type.js";
import type { NodeDef } from "../../formats/tf-proto/types.js";
import { typeAttr } from "../attr.js";
import { findOrderTokens } from "../control-flow.js";
import type { Graph, TensorRef } from "../graph.js";
import { outputDataType } from "../output-dtype.js";

const NARROW: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.HALF, DataType.BFLOAT16]);

/** Ops whose `T` is float32 where a graph that was saved without default attributes does not say so. */
const FLOAT_BY_DEFAULT: ReadonlySet<string> = new Set(["MaxPool", "LeakyRelu", "LRN"]);

/** Ops that give a number which only orders the reads and writes of a TensorArray. */
const ORDERS = /^TensorArray(Grad|GradWithShape|Write|Scatter|Split|Unpack)?(V[23])?$/;

/** Whether a DataType is a floating type that is widened to double. */
export function isNarrowFloat(dataType: number): boolean {
  return NARROW.has(dataType);
}

/** Whether the op has no attribute `T` but one of float32 is meant. */
export function lacksFloatType(node: NodeDef): boolean {
  return FLOAT_BY_DEFAULT.has(node.op) && typeAttr(node, "T") === undefined;
}

/** Tells the narrow floating type of a tensor in the graph as it was saved; undefined for every other tensor. */
export function createFloatTypes(graph: Graph): (ref: TensorRef) => number | undefined {
  const tokens = findOrderTokens(graph);
  return (ref) => {
    const node = graph.nodes.get(ref.node);
    if (node === undefined || tokens.has(ref.node) || ORDERS.test(node.op)) return undefined;
    const type = lacksFloatType(node) ? DataType.FLOAT : (outputDataType(node, ref.slot) ?? onlyType(node));
    const base = type === undefined ? undefined : baseDataType(type);
    return base !== undefined && isNarrowFloat(base) ? base : undefined;
  };
}

/** The one type that an op of a single type attribute has. */
function onlyType(node: NodeDef): number | undefined {
  const types = [...node.attr.values()].flatMap((value) => ("type" in value ? [value.type] : []));
  return types.length === 1 ? types[0] : undefined;
}
