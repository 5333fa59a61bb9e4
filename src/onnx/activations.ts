import type { GraphView } from "./graph.js";
import { readsOf } from "./graph.js";
import { isLookup } from "./lookups.js";

/** They read sizes, not numbers. */
const BY_SIZE: ReadonlySet<string> = new Set(["Shape", "Size", "ConstantOfShape", "RandomNormal", "RandomUniform"]);

/**
 * The tensors that hold what the model computes of its inputs: those that depend on the numbers of an input (not only on its
 * sizes) and floating-point rows that are looked up in a table. What is made of weights or of sizes alone (transposed kernels,
 * masks, shapes) is none of them.
 */
export function findActivations(view: GraphView): ReadonlySet<string> {
  const found = new Set(view.inputs.map((one) => one.name));
  for (const node of view.nodes) {
    const depends = !BY_SIZE.has(node.opType) && readsOf(node).some((name) => found.has(name));
    if (depends || isLookup(view, node)) for (const name of node.outputs) if (name !== "") found.add(name);
  }
  return found;
}
