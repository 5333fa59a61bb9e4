import { dtypeToElemType, ELEM } from "../formats/onnx/elem-type.js";
import { makeValueInfo } from "../formats/onnx/make.js";
import type { OnnxModel, OnnxNode, OnnxTensor } from "../formats/onnx/types.js";
import type { DType } from "../formats/types.js";
import { type GraphView, readsOf } from "./graph.js";

/** What one run asks of a model. */
export interface VariantRequest {
  /** Tensors that are to be recorded. */
  readonly wanted: readonly string[];
  /** Tensors whose readers are given something else: by tensor, the dtype of what is fed. */
  readonly replaced: ReadonlyMap<string, DType>;
  /** Initializers that hold something else. */
  readonly edited: ReadonlyMap<string, OnnxTensor>;
}

/** A model that does as asked, and nothing besides. */
export interface Variant {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  /** What has to be fed, by name, with the type that is wanted. 0: unknown. */
  readonly inputs: ReadonlyMap<string, number>;
  /** By tensor: the output that holds it as it was computed, before it was replaced. */
  readonly outputs: ReadonlyMap<string, string>;
}

/**
 * Cuts a model down to what gives the wanted tensors. A replaced tensor becomes an input under its own name, so that its readers,
 * graphs inside of nodes included, need not be touched; the node that gives it writes to another name, which is recorded.
 */
export function makeVariant(view: GraphView, request: VariantRequest): Variant {
  const computed = (name: string): string => (request.replaced.has(name) ? `parity/computed/${name}` : name);
  const outputs = new Map(request.wanted.map((name) => [name, computed(name)]));
  const needed = new Set<number>();
  const reads = new Set<string>();
  const stack: string[] = [];
  const need = (name: string): void => {
    const at = view.producer.get(name);
    if (at === undefined || needed.has(at)) return;
    needed.add(at);
    stack.push(...readsOf(view.nodes[at] as OnnxNode));
  };
  for (const name of request.wanted) {
    if (!view.producer.has(name)) reads.add(name);
    need(name);
  }
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    reads.add(name);
    if (!request.replaced.has(name)) need(name);
  }
  const nodes = view.nodes.flatMap((node, at) =>
    needed.has(at) ? [{ ...node, outputs: node.outputs.map((name) => computed(name)) }] : [],
  );
  const inputs = new Map<string, number>();
  for (const { name, elemType } of view.inputs) if (reads.has(name)) inputs.set(name, elemType);
  for (const [name, dtype] of request.replaced) if (reads.has(name)) inputs.set(name, dtypeToElemType(dtype));
  const initializers = [...view.initializers.values()].flatMap((one) =>
    reads.has(one.name) && !inputs.has(one.name) ? [request.edited.get(one.name) ?? one] : [],
  );
  return { nodes, initializers, inputs, outputs };
}

/** The variant as a model that can be written; what the file said of types and sizes is left to the runtime to find out. */
export function assemble(view: GraphView, variant: Variant): OnnxModel {
  const { model } = view;
  const inputs = [...variant.inputs].map(([name, elemType]) => {
    const known = view.inputs.find((one) => one.name === name && one.elemType === elemType);
    return known ?? makeValueInfo(name, elemType);
  });
  const named = new Set([...variant.outputs.values(), ...narrowTensors(view, variant)]);
  const outputs = [...named].map((name) => makeValueInfo(name, 0));
  const { nodes, initializers } = variant;
  return {
    ...model,
    graph: { ...model.graph, nodes, initializers, inputs, outputs, valueInfo: [], unknown: nameOnly(model) },
  };
}

/**
 * Tensors of 16 bits. onnxruntime computes many operators on them in 32 bits and leaves the rounding between two of them out where
 * nobody asks for it, so that what is asked for would change what is computed: all of them are outputs.
 */
function narrowTensors(view: GraphView, { nodes }: Variant): string[] {
  return nodes.flatMap((node) => node.outputs.filter((name) => view.elemTypes.get(name) === ELEM.float16));
}

/** Field 2 of a graph is its name, which runtimes insist on; sparse weights (15) are needed, too. */
function nameOnly({ graph }: OnnxModel): readonly Uint8Array[] {
  return graph.unknown.filter((raw) => [2, 15].includes((raw[0] ?? 0) >>> 3));
}
