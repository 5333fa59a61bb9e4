import { elemTypeToDType } from "../formats/onnx/elem-type.js";
import type { OnnxNode } from "../formats/onnx/types.js";
import type { DType } from "../formats/types.js";
import { type GraphView, isFloating } from "./graph.js";
import type { Variant } from "./variant.js";

/** Whether a node looks rows up in a table of floating-point numbers, as an embedding does. */
export function isLookup(view: GraphView, { opType, inputs }: OnnxNode): boolean {
  const [table = "", ids = ""] = inputs;
  return opType === "Gather" && view.initializers.has(table) && !view.initializers.has(ids) && isFloating(view, table);
}

/** What the nodes of a variant look up for their readers, with its dtype. What is replaced is not theirs. */
export function lookupsIn(view: GraphView, variant: Variant): (readonly [string, DType])[] {
  return variant.nodes.flatMap((node) => {
    const [table = ""] = node.inputs;
    const [rows = ""] = node.outputs;
    const dtype = elemTypeToDType(view.initializers.get(table)?.elemType ?? 0);
    // The output of a node whose tensor is replaced has another name than in the graph.
    const isOwn = view.producer.has(rows);
    return isOwn && dtype !== undefined && isLookup(view, node) ? [[rows, dtype] as const] : [];
  });
}
