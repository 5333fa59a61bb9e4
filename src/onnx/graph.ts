import { ELEM } from "../formats/onnx/elem-type.js";
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from "../formats/onnx/types.js";
import { inferElemTypes } from "./elem-types.js";

/** A model's graph with what is asked of it again and again. */
export interface GraphView {
  readonly model: OnnxModel;
  /** In the order of the file, which is one of execution. Constants are among the initializers. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** What has to be fed: inputs that no initializer gives a value. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** Index of the node that gives a tensor. */
  readonly producer: ReadonlyMap<string, number>;
  /** Indices of the nodes that read it, those included inside of which a graph does. */
  readonly readers: ReadonlyMap<string, readonly number[]>;
  /** By tensor; what could not be inferred is missing. */
  readonly elemTypes: ReadonlyMap<string, number>;
}

export function viewGraph(model: OnnxModel): GraphView {
  const { graph } = model;
  const initializers = new Map(graph.initializers.map((one) => [one.name, one]));
  const nodes: OnnxNode[] = [];
  for (const node of graph.nodes) {
    const value = constantOf(node);
    if (value === null) nodes.push(node);
    else initializers.set(value.name, value);
  }
  const inputs = graph.inputs.filter((one) => !initializers.has(one.name));
  const producer = new Map(nodes.flatMap((node, at) => node.outputs.map((name) => [name, at] as const)));
  const readers = new Map<string, number[]>();
  for (const [at, node] of nodes.entries()) {
    for (const name of new Set(readsOf(node))) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [at]);
      else known.push(at);
    }
  }
  const elemTypes = inferElemTypes(nodes, initializers, [...inputs, ...graph.valueInfo, ...graph.outputs]);
  return { model, nodes, initializers, inputs, outputs: graph.outputs, producer, readers, elemTypes };
}

/** What a node reads, inside of its graphs too. */
export function readsOf(node: OnnxNode): string[] {
  const inner = [...node.attributes.values()].flatMap((one) => one.graphReads ?? []);
  return [...node.inputs, ...inner].filter((name) => name !== "");
}

/** Whether a tensor holds floating-point numbers; what is not known is taken for them. */
export function isFloating(view: GraphView, name: string): boolean {
  const type = view.elemTypes.get(name);
  return type === undefined || isFloatType(type);
}

export function isFloatType(elemType: number): boolean {
  return [ELEM.float32, ELEM.float16, ELEM.float64, ELEM.bfloat16].some((one) => one === elemType);
}

/** What a `Constant` node with a tensor gives, as an initializer. */
function constantOf(node: OnnxNode): OnnxTensor | null {
  const value = node.opType === "Constant" && node.domain === "" ? node.attributes.get("value")?.tensor : undefined;
  const name = node.outputs[0];
  return value === undefined || name === undefined ? null : { ...value, name };
}

/** The integers of an attribute, or of what an input constantly is; null where neither is there. */
export function intAttribute(node: OnnxNode, name: string, fallback: number): number {
  return Number(node.attributes.get(name)?.int ?? fallback);
}
