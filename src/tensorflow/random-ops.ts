import type { Graph } from "./graph.js";

/** Ops that draw numbers. Stateless ones give the same for the same seed, which is a tensor of the graph. */
const RANDOM_OP =
  /^(?:Random|Multinomial|TruncatedNormal|ParameterizedTruncatedNormal|Stateful(?:Random|Standard|Uniform|Truncated)|Timestamp)/;

/** The drawing op nearest before a tensor's op (data edges back, breadth first); null when there is none. */
export function nearestRandomOp(graph: Graph, node: string): { readonly name: string; readonly op: string } | null {
  const seen = new Set([node]);
  let ring = [node];
  while (ring.length > 0) {
    const next: string[] = [];
    for (const name of ring) {
      const op = graph.nodes.get(name)?.op ?? "";
      if (RANDOM_OP.test(op)) return { name, op };
      for (const input of graph.inputs.get(name) ?? []) {
        if (seen.has(input.node)) continue;
        seen.add(input.node);
        next.push(input.node);
      }
    }
    ring = next;
  }
  return null;
}
