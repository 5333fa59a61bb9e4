import { elemTypeToDType } from "../formats/onnx/elem-type.js";
import type { DType } from "../formats/types.js";
import { type GraphView, isFloating } from "./graph.js";
import type { Variant } from "./variant.js";

/** What the nodes of a variant look up in tables of floating-point rows (embeddings), with its dtype. */
export function lookupsIn(view: GraphView, variant: Variant): (readonly [string, DType])[] {
  return variant.nodes.flatMap((node) => {
    const [table = "", ids = ""] = node.inputs;
    const [rows = ""] = node.outputs;
    const isLookup = node.opType === "Gather" && view.initializers.has(table) && !view.initializers.has(ids);
    if (!isLookup || !isFloating(view, table) || variant.inputs.has(rows) || rows.startsWith("parity/")) return [];
    const dtype = elemTypeToDType(view.initializers.get(table)?.elemType ?? 0);
    return dtype === undefined ? [] : [[rows, dtype] as const];
  });
}
