import { tensorName } from "../graph.js";
import { floatingDType } from "../output-dtype.js";
import type { Original } from "../understand-original.js";
import { gatherFacts } from "./facts.js";

/**
 * Every tensor (`node:slot`) that a region of the forward pass may name as readable (`findRegion`): the floating ones that
 * are computed, that is neither fed, nor a variable as it is stored, nor a constant known in full. In order of execution.
 */
export function listInnerTensors(original: Original): string[] {
  const { graph, pass } = original;
  const facts = gatherFacts(original);
  const fed = new Set(pass.inputs.map(tensorName));
  const found: string[] = [];
  for (const name of graph.position.keys()) {
    const node = graph.nodes.get(name);
    if (node === undefined || node.op === "Const" || !pass.needed.has(name) || facts.unreadable.has(name)) continue;
    // Outputs that nothing reads have no reader in the session.
    const read = new Set([0, ...(graph.consumers.get(name) ?? []).map((consumer) => consumer.slot)]);
    for (const slot of [...read].sort((a, b) => a - b)) {
      const tensor = tensorName({ node: name, slot });
      const folded = facts.constants.get(tensor);
      const isKnown = folded !== undefined && !folded.values.includes(null);
      if (fed.has(tensor) || facts.variables.has(tensor) || isKnown || floatingDType(node, slot) === null) continue;
      found.push(tensor);
    }
  }
  return found;
}
