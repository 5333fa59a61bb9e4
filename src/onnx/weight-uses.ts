import type { OnnxNode, OnnxTensor } from "../formats/onnx/types.js";
import { type GraphView, intAttribute, isFloatType } from "./graph.js";

/** How an operator uses an initializer. */
export interface WeightUse {
  readonly initializer: OnnxTensor;
  /** Index of the node. */
  readonly node: number;
  readonly slot: number;
  /** What it is in its layer, in the words of a state dict. */
  readonly role: string;
  /** How it is stored, in the words of docs/protocol.md (`expectedLayout`). */
  readonly layout: "linear" | "conv1d" | "embedding" | "conv" | "conv-transpose" | "vector" | "unknown";
  /** `certain`: nothing but a layer's weight stands there. `perhaps`: any constant may. */
  readonly evidence: "certain" | "perhaps";
}

type Read = Pick<WeightUse, "role" | "layout" | "evidence">;

const PASSES: ReadonlySet<string> = new Set(["Identity", "Cast", "Transpose"]);
const RESHAPES: ReadonlySet<string> = new Set(["Reshape", "Squeeze", "Unsqueeze", "Flatten"]);

/** Every use of a floating-point initializer with more than one element by an operator of layers, in order. */
export function findWeightUses(view: GraphView): WeightUse[] {
  return view.nodes.flatMap((node, at) =>
    node.inputs.flatMap((name, slot): WeightUse[] => {
      const source = sourceOf(view, name);
      if (source === null || !isFloatType(source.initializer.elemType)) return [];
      const read = roleOf(node, slot);
      if (read === null) return [];
      const { initializer, turned, reshaped } = source;
      const layout = reshaped ? "unknown" : turned ? flip(read.layout) : read.layout;
      return [{ initializer, node: at, slot, ...read, layout: initializer.dims.length <= 1 ? "vector" : layout }];
    }),
  );
}

/** Indices of the nodes that compute with a weight: the heart of a layer. */
export function weightedNodes(view: GraphView): number[] {
  const certain = findWeightUses(view).filter((use) => use.evidence === "certain");
  return [...new Set(certain.map((use) => use.node))];
}

/** The addition of a constant that is the only reader of what a node gives: its bias. */
export function biasAdd(view: GraphView, at: number): number[] {
  const given = view.nodes[at]?.outputs[0] ?? "";
  const readers = view.readers.get(given) ?? [];
  const [only] = readers;
  const node = only === undefined ? undefined : view.nodes[only];
  const isOutput = view.outputs.some((one) => one.name === given);
  if (node === undefined || only === undefined || readers.length !== 1 || isOutput || node.opType !== "Add") return [];
  return node.inputs.some((name) => name !== given && view.initializers.has(name)) ? [only] : [];
}

/** The initializer that an input is, be it behind a transposition or a cast. */
function sourceOf(
  view: GraphView,
  name: string,
): { initializer: OnnxTensor; turned: boolean; reshaped: boolean } | null {
  let [at, turned, reshaped] = [name, false, false];
  for (;;) {
    const initializer = view.initializers.get(at);
    if (initializer !== undefined) return { initializer, turned, reshaped };
    const node = view.nodes[view.producer.get(at) ?? -1];
    if (node === undefined || !(PASSES.has(node.opType) || RESHAPES.has(node.opType))) return null;
    if (node.opType === "Transpose") turned = !turned;
    if (RESHAPES.has(node.opType)) reshaped = true;
    at = node.inputs[0] ?? "";
  }
}

function flip(layout: Read["layout"]): Read["layout"] {
  if (layout === "linear") return "conv1d";
  return layout === "conv1d" ? "linear" : "unknown";
}

/** What an input of an operator is to a layer; null where it is nothing. */
function roleOf(node: OnnxNode, slot: number): Read | null {
  const certain = (role: string | undefined, layout: Read["layout"] = "vector"): Read | null =>
    role === undefined ? null : { role, layout, evidence: "certain" };
  switch (node.opType) {
    case "MatMul":
      // W·x has its rows as outputs, as torch's Linear does; x·W has them as inputs.
      return certain("weight", slot === 0 ? "linear" : "conv1d");
    case "Gemm":
      if (slot === 2) return certain("bias");
      if (slot === 1) return certain("weight", intAttribute(node, "transB", 0) === 1 ? "linear" : "conv1d");
      return certain("weight", intAttribute(node, "transA", 0) === 1 ? "conv1d" : "linear");
    case "Conv":
      return certain([undefined, "weight", "bias"][slot], "conv");
    case "ConvTranspose":
      return certain([undefined, "weight", "bias"][slot], "conv-transpose");
    case "Gather":
      return slot === 0 ? certain("weight", "embedding") : null;
    case "BatchNormalization":
      return certain([undefined, "weight", "bias", "running_mean", "running_var"][slot]);
    case "LayerNormalization":
    case "InstanceNormalization":
    case "GroupNormalization":
    case "RMSNormalization":
    case "SimplifiedLayerNormalization":
      return certain([undefined, "weight", "bias"][slot]);
    case "LSTM":
    case "GRU":
    case "RNN":
      return certain([undefined, "W", "R", "B"][slot], "unknown");
    case "PRelu":
      return slot === 1 ? certain("weight", "unknown") : null;
    case "Add":
    case "Sub":
      return { role: "bias", layout: "unknown", evidence: "perhaps" };
    case "Mul":
    case "Div":
      return { role: "weight", layout: "unknown", evidence: "perhaps" };
    default:
      return null;
  }
}
