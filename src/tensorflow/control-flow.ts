import { descendantsOf, type Graph } from "./graph.js";

/**
 * The ops that lie in a branch of a conditional or in a loop, as TensorFlow 1 builds them from Switch, Merge, Enter and
 * Exit. Such an op may not run at all, or run many times: a session refuses to give its value out.
 */
export function findConditionalOps(graph: Graph): Set<string> {
  const depths = new Map<string, number>();
  const opOf = (name: string): string => graph.nodes.get(name)?.op ?? "";
  // The map of positions is in their order.
  for (const name of graph.position.keys()) {
    const op = opOf(name).replace(/^Ref/, "");
    const data = (graph.inputs.get(name) ?? []).map((ref) => ref.node);
    // The input from the other end of a loop comes later in the order, and has no depth yet.
    const depthOf = (names: readonly string[]): number => Math.max(0, ...names.map((one) => depths.get(one) ?? 0));
    const isLoopHead = op === "Merge" && data.some((one) => /^(Ref)?NextIteration$/.test(opOf(one)));
    depths.set(
      name,
      Math.max(0, depthOf(data) + (isLoopHead ? 0 : (STEP[op] ?? 0)), depthOf(graph.controlInputs.get(name) ?? [])),
    );
  }
  return new Set([...depths].filter(([, depth]) => depth > 0).map(([name]) => name));
}

/** A loop is entered by Enter and then gated by a Switch of its own; Exit leaves both. */
const STEP: Readonly<Record<string, number>> = { Switch: 1, Merge: -1, Enter: 1, Exit: -2 };

/** A number that a TensorArray hands on so that its reads and writes keep their order; it says nothing. */
const TOKEN_SOURCES = /^TensorArray(Grad|Write|Scatter|Split)?V3$/;
const TOKEN_CARRIERS = /^(Ref)?(Enter|Merge|Switch|NextIteration|Exit|Identity)$/;

/** The ops that give, or carry through a loop, nothing but the number by which a TensorArray keeps its order. */
export function findOrderTokens(graph: Graph): Set<string> {
  const sources = [...graph.nodes.values()].filter((node) => TOKEN_SOURCES.test(node.op)).map((node) => node.name);
  return descendantsOf(graph, sources, (node) => TOKEN_CARRIERS.test(node.op));
}

/** The ops whose values are no tensors of the model to look at: those of branches and loops, and tokens that keep an order. */
export function findUnreadableOps(graph: Graph): Set<string> {
  const tokens = findOrderTokens(graph);
  for (const name of findConditionalOps(graph)) tokens.add(name);
  return tokens;
}
