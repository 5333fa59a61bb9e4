import { readShapeLength } from "./constant.js";
import type { Graph, TensorRef } from "./graph.js";
import { LOSS_OPS, RESHAPING_OPS } from "./op-kinds.js";
import { floatingDType } from "./output-dtype.js";

/** Ops that choose among the values of a tensor: the tensor that they choose from is what a port gives. */
const CHOOSING_OPS: ReadonlySet<string> = new Set([
  "ArgMax",
  "TopK",
  "TopKV2",
  // A threshold on a probability.
  "Greater",
  "GreaterEqual",
  "Less",
  "LessEqual",
]);

/**
 * From an end of the forward pass to the tensor that a user calls the output: through argmax and thresholds, and, where a loss or an
 * argmax follows, through the slices, casts and reshapes that only prepare it. A tensor that others read too stays.
 */
export function walkBack(
  graph: Graph,
  name: string,
  isCut: boolean,
  isBody: (name: string) => boolean,
  readers: (name: string) => number,
): TensorRef {
  let ref: TensorRef = { node: name, slot: 0 };
  let chosen = false;
  for (;;) {
    const node = graph.nodes.get(ref.node);
    const input = graph.inputs.get(ref.node)?.[0];
    if (node === undefined || input === undefined || !isBody(input.node)) return ref;
    const chooses = CHOOSING_OPS.has(node.op);
    const prepares = (isCut || chosen) && readers(ref.node) <= 1 && isPreparation(graph, ref.node, chosen);
    // Class numbers in another shape or type are still class numbers.
    const renumbers = (node.op === "Cast" || RESHAPING_OPS.has(node.op)) && floatingDType(node, ref.slot) === null;
    if (!chooses && !prepares && !renumbers) return ref;
    chosen ||= chooses;
    ref = input;
  }
}

/**
 * Whether an op only prepares what reads it. Losses take a part of the positions and flatten to two axes at most; a
 * reshape to more axes is the model's own, and so is the choice of one position (logits of the first token), unless it
 * is to be chosen from.
 */
function isPreparation(graph: Graph, name: string, chosen: boolean): boolean {
  const node = graph.nodes.get(name);
  switch (node?.op) {
    case "Slice":
    case "Cast":
      return true;
    case "StridedSlice": {
      const mask = node.attr.get("shrink_axis_mask");
      return chosen || mask === undefined || !("i" in mask) || Number(mask.i) === 0;
    }
    case "Reshape": {
      const shape = graph.inputs.get(name)?.[1];
      const rank = shape === undefined ? null : readShapeLength(graph.nodes.get(shape.node));
      return (rank !== null && rank <= 2) || isBesideLoss(graph, name);
    }
    default:
      return false;
  }
}

/** TensorFlow's loss functions flatten in a scope of their own, next to the op. */
function isBesideLoss(graph: Graph, name: string): boolean {
  const scope = name.slice(0, name.lastIndexOf("/") + 1);
  return (graph.consumers.get(name) ?? []).some(
    ({ node }) =>
      LOSS_OPS.has(graph.nodes.get(node)?.op ?? "") && scope !== "" && (node.startsWith(scope) || `${node}/` === scope),
  );
}
