import { type Graph, parseTensorName } from "./graph.js";

/** The tensor that ops of Identity hand on: a signature's outputs are copies of what a layer gives. */
export function sourceOf(graph: Graph, tensor: string): string {
  let { node, slot } = parseTensorName(tensor);
  while (graph.nodes.get(node)?.op === "Identity") {
    const [input] = graph.inputs.get(node) ?? [];
    if (input === undefined) break;
    // What is fed stays under the name of the op that gives it out.
    if (/^Placeholder/.test(graph.nodes.get(input.node)?.op ?? "")) break;
    ({ node, slot } = input);
  }
  return `${node}:${slot}`;
}
