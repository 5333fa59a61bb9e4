import type { AttrValue, NodeDef } from "../../formats/tf-proto/types.js";
import type { AttributeValue } from "./types.js";

const decoder = new TextDecoder();

/** The attributes of an op that are numbers, text, flags or lists of them; types, shapes and tensors are left out. */
export function readAttributes(node: NodeDef): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of node.attr) {
    // What begins with an underscore is a note of TensorFlow's to itself (`_class`, `_output_shapes`).
    const read = name.startsWith("_") ? null : readValue(value);
    if (read !== null) attributes[name] = read;
  }
  return attributes;
}

/** An integer attribute, 0 where the op has none (the default of every mask). */
export function integerAttribute(node: NodeDef, name: string): number {
  const value = node.attr.get(name);
  return value !== undefined && "i" in value ? Number(value.i) : 0;
}

function readValue(value: AttrValue): AttributeValue | null {
  if ("i" in value) return Number(value.i);
  if ("f" in value) return value.f;
  if ("b" in value) return value.b;
  if ("s" in value) return decoder.decode(value.s);
  if (!("list" in value)) return null;
  const { i, f, s, type, shape, tensor, func } = value.list;
  if (type.length + shape.length + tensor.length + func.length > 0) return null;
  if (s.length > 0) return s.map((bytes) => decoder.decode(bytes));
  return f.length > 0 ? [...f] : i.map(Number);
}
