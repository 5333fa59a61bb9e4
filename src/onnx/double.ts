import { ELEM } from "../formats/onnx/elem-type.js";
import { makeInt, makeNode, makeTensorAttribute } from "../formats/onnx/make.js";
import type { OnnxAttribute, OnnxNode, OnnxTensor } from "../formats/onnx/types.js";
import { isFloatType } from "./graph.js";
import type { Variant } from "./variant.js";

/** Attributes that name the type of what a node gives. */
const TYPE_ATTRIBUTES: ReadonlySet<string> = new Set(["to", "dtype"]);

/**
 * The same computation in float64: every input and constant that holds floating-point numbers, and every cast to such, is widened,
 * and a cast stands behind every weight, which stays in the file as it is. Null where that cannot be said of a graph: nodes that
 * hold graphs of their own, and operators of others.
 *
 * @param widen a small tensor with its numbers as float64
 */
export function widenVariant(variant: Variant, widen: (tensor: OnnxTensor) => OnnxTensor): Variant | null {
  const isForeign = (node: OnnxNode): boolean =>
    node.domain !== "" || [...node.attributes.values()].some((one) => one.graphReads !== undefined);
  if (variant.nodes.some(isForeign)) return null;
  const casts: OnnxNode[] = [];
  const initializers = variant.initializers.map((one) => {
    if (!isFloatType(one.elemType) || one.elemType === ELEM.float64) return one;
    const name = `parity/narrow/${one.name}`;
    casts.push(makeNode("Cast", [name], [one.name], [makeInt("to", ELEM.float64)]));
    return { ...one, name };
  });
  const nodes = variant.nodes.map((node) => ({
    ...node,
    attributes: new Map([...node.attributes].map(([name, one]) => [name, widenAttribute(name, one, widen)])),
  }));
  const inputs = new Map([...variant.inputs].map(([name, type]) => [name, isFloatType(type) ? ELEM.float64 : type]));
  return { ...variant, nodes: [...casts, ...nodes], initializers, inputs };
}

function widenAttribute(
  name: string,
  attribute: OnnxAttribute,
  widen: (tensor: OnnxTensor) => OnnxTensor,
): OnnxAttribute {
  const { int, tensor } = attribute;
  if (TYPE_ATTRIBUTES.has(name) && int !== undefined && isFloatType(Number(int))) return makeInt(name, ELEM.float64);
  if (tensor !== undefined && isFloatType(tensor.elemType)) return makeTensorAttribute(name, widen(tensor));
  return attribute;
}
