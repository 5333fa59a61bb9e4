import { ParityError } from "../errors.js";
import type { NodeDef } from "../formats/tf-proto/types.js";

/** A tensor of a graph: output `slot` of the op `node`. Written `node:slot`. */
export interface TensorRef {
  readonly node: string;
  readonly slot: number;
}

export interface Consumer {
  readonly node: string;
  /** Which input of `node` it is. */
  readonly input: number;
  /** Which output of the producer it reads. */
  readonly slot: number;
}

/** A GraphDef with the indices that questions about it need. Control edges are kept apart from data edges. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, NodeDef>;
  /** Data inputs per op, in order. */
  readonly inputs: ReadonlyMap<string, readonly TensorRef[]>;
  /** Ops that must run before an op without giving it data. */
  readonly controlInputs: ReadonlyMap<string, readonly string[]>;
  readonly consumers: ReadonlyMap<string, readonly Consumer[]>;
  /** Position of every op in a topological order that keeps the file's order where it can. */
  readonly position: ReadonlyMap<string, number>;
}

/** Reads `node`, `node:1` and `^node` as the input field of a NodeDef has them. */
export function parseTensorName(name: string): TensorRef & { readonly control: boolean } {
  if (name.startsWith("^")) return { node: name.slice(1), slot: -1, control: true };
  const colon = name.lastIndexOf(":");
  if (colon === -1) return { node: name, slot: 0, control: false };
  return { node: name.slice(0, colon), slot: Number(name.slice(colon + 1)), control: false };
}

export function tensorName(ref: TensorRef): string {
  return `${ref.node}:${ref.slot}`;
}

/** Indexes the ops of a GraphDef. An input that names no op is an error: the graph is not whole. */
export function indexGraph(nodeList: readonly NodeDef[], file: string): Graph {
  const nodes = new Map(nodeList.map((node) => [node.name, node]));
  const inputs = new Map<string, TensorRef[]>();
  const controlInputs = new Map<string, string[]>();
  const consumers = new Map<string, Consumer[]>();
  for (const node of nodeList) {
    const data: TensorRef[] = [];
    const control: string[] = [];
    for (const text of node.input) {
      const ref = parseTensorName(text);
      if (!nodes.has(ref.node)) {
        throw new ParityError("FORMAT_INVALID", `The op ${node.name} reads ${text}, which the graph does not hold.`, {
          where: { file, key: node.name },
          hint: "The graph was cut by hand or is damaged; export it again.",
        });
      }
      if (ref.control) {
        control.push(ref.node);
        continue;
      }
      const list = consumers.get(ref.node) ?? [];
      list.push({ node: node.name, input: data.length, slot: ref.slot });
      consumers.set(ref.node, list);
      data.push({ node: ref.node, slot: ref.slot });
    }
    inputs.set(node.name, data);
    controlInputs.set(node.name, control);
  }
  return { nodes, inputs, controlInputs, consumers, position: orderNodes(nodeList, inputs, controlInputs) };
}

/**
 * Depth-first post-order without recursion: models have chains of tens of thousands of ops. A loop is cut where it turns
 * back (what a Merge reads from NextIteration), so that its body comes after its head.
 */
function orderNodes(
  nodeList: readonly NodeDef[],
  inputs: ReadonlyMap<string, readonly TensorRef[]>,
  controlInputs: ReadonlyMap<string, readonly string[]>,
): Map<string, number> {
  const position = new Map<string, number>();
  const opened = new Set<string>();
  const turns = new Set(nodeList.filter((node) => /^(Ref)?NextIteration$/.test(node.op)).map((node) => node.name));
  for (const root of nodeList) {
    const stack = [root.name];
    while (stack.length > 0) {
      const name = stack[stack.length - 1] as string;
      if (position.has(name)) {
        stack.pop();
        continue;
      }
      // A second visit means that all inputs are placed.
      if (opened.has(name)) {
        position.set(name, position.size);
        stack.pop();
        continue;
      }
      opened.add(name);
      const data = (inputs.get(name) ?? []).map((ref) => ref.node).filter((input) => !turns.has(input));
      const before = [...data, ...(controlInputs.get(name) ?? [])];
      for (const input of before.reverse()) if (!opened.has(input)) stack.push(input);
    }
  }
  return position;
}

/** The given ops and all that they need, through data and control edges. */
export function ancestorsOf(graph: Graph, roots: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const stack = [...roots];
  while (stack.length > 0) {
    const name = stack.pop() as string;
    if (found.has(name)) continue;
    found.add(name);
    for (const ref of graph.inputs.get(name) ?? []) stack.push(ref.node);
    for (const control of graph.controlInputs.get(name) ?? []) stack.push(control);
  }
  return found;
}

/**
 * The given ops and all that read from them through data edges. `passes` says whether what an op reads goes on into what
 * it gives: Shape, for example, passes sizes on but not values.
 */
export function descendantsOf(
  graph: Graph,
  roots: Iterable<string>,
  passes: (node: NodeDef) => boolean = () => true,
): Set<string> {
  const found = new Set<string>();
  const stack = [...roots];
  while (stack.length > 0) {
    const name = stack.pop() as string;
    if (found.has(name)) continue;
    found.add(name);
    for (const consumer of graph.consumers.get(name) ?? []) {
      const node = graph.nodes.get(consumer.node);
      if (node !== undefined && passes(node)) stack.push(consumer.node);
    }
  }
  return found;
}
