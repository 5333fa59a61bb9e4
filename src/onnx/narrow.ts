import { ELEM } from "../formats/onnx/elem-type.js";
import type { DType } from "../formats/types.js";
import type { GraphView } from "./graph.js";
import { makeVariant } from "./variant.js";

/**
 * Whether a tensor of 32 bits is computed in 16 bits somewhere on the way from what is replaced: what that loses is a choice of the
 * model's, no rounding. A model whose layers give 16 bits themselves is what it says it is.
 */
export function isNarrowWithin(view: GraphView, tensor: string, replaced: ReadonlyMap<string, DType>): boolean {
  if (isNarrow(view, tensor)) return false;
  const { nodes } = makeVariant(view, { wanted: [tensor], replaced, edited: new Map() });
  return nodes.some((node) => node.outputs.some((name) => isNarrow(view, name)));
}

function isNarrow(view: GraphView, name: string): boolean {
  const type = view.elemTypes.get(name);
  return type === ELEM.float16 || type === ELEM.bfloat16;
}
