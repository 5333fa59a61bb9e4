import { ELEM } from "../formats/onnx/elem-type.js";
import type { OnnxNode, OnnxTensor, OnnxValueInfo } from "../formats/onnx/types.js";

const INT64: ReadonlySet<string> = new Set(["Shape", "Size", "ArgMax", "ArgMin", "NonZero", "Multinomial"]);
const BOOL: ReadonlySet<string> = new Set([
  "Equal",
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "Not",
  "And",
  "Or",
  "Xor",
  "IsNaN",
  "IsInf",
]);
/** Their second input says what comes out. */
const BY_SECOND: ReadonlySet<string> = new Set(["Where", "OneHot", "CastLike", "RandomNormalLike"]);
/** What comes out is no tensor, or nothing that is known here. */
const UNKNOWN: ReadonlySet<string> = new Set([
  "If",
  "Loop",
  "Scan",
  "SequenceEmpty",
  "SequenceConstruct",
  "SequenceInsert",
  "SequenceErase",
  "SplitToSequence",
  "SequenceMap",
  "Optional",
  "StringSplit",
  "ZipMap",
]);

/**
 * The element type of every tensor of a graph, as far as the operators tell: what the file says of inner tensors (many say
 * nothing), and else what follows from the inputs. Operators that give numbers of the type that they are given are the rule.
 */
export function inferElemTypes(
  nodes: readonly OnnxNode[],
  initializers: ReadonlyMap<string, OnnxTensor>,
  known: readonly OnnxValueInfo[],
): Map<string, number> {
  const types = new Map<string, number>();
  for (const [name, { elemType }] of initializers) types.set(name, elemType);
  for (const { name, elemType } of known) if (elemType !== 0) types.set(name, elemType);
  for (const node of nodes) {
    for (const [slot, name] of node.outputs.entries()) {
      const type = types.get(name) ?? elemTypeOf(node, slot, types);
      if (name !== "" && type !== undefined) types.set(name, type);
    }
  }
  return types;
}

function elemTypeOf(node: OnnxNode, slot: number, types: ReadonlyMap<string, number>): number | undefined {
  const { opType, attributes, inputs } = node;
  const stated = attributes.get(opType === "Cast" ? "to" : "dtype")?.int;
  if (stated !== undefined) return Number(stated);
  if (INT64.has(opType)) return ELEM.int64;
  if (BOOL.has(opType)) return ELEM.bool;
  if (UNKNOWN.has(opType)) return undefined;
  if (opType === "ConstantOfShape") return attributes.get("value")?.tensor?.elemType ?? ELEM.float32;
  if (opType === "Constant")
    return attributes.has("value_int") || attributes.has("value_ints") ? ELEM.int64 : ELEM.float32;
  // The second output of these counts, or points: TopK, MaxPool, Unique. A dropout's is its mask.
  if (slot > 0 && ["TopK", "MaxPool", "Unique"].includes(opType)) return ELEM.int64;
  if (slot > 0 && opType === "Dropout") return ELEM.bool;
  if (opType === "DequantizeLinear") return types.get(inputs[1] ?? "");
  return types.get(inputs[BY_SECOND.has(opType) ? 1 : 0] ?? "");
}
