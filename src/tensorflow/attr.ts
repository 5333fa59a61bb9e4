import type { NodeDef, TensorShape } from "../formats/tf-proto/types.js";

/** The attribute `name` as a DataType number, undefined when the op has none. */
export function typeAttr(node: NodeDef, name: string): number | undefined {
  const value = node.attr.get(name);
  return value !== undefined && "type" in value ? value.type : undefined;
}

/** The attribute `name` as text (an attribute of kind `s`, UTF-8). */
export function textAttr(node: NodeDef, name: string): string | undefined {
  const value = node.attr.get(name);
  return value !== undefined && "s" in value ? new TextDecoder().decode(value.s) : undefined;
}

/** The attribute `shape`: dimensions with null where unknown; null when the rank is unknown or nothing is said. */
export function shapeAttr(node: NodeDef, name = "shape"): readonly (number | null)[] | null {
  const value = node.attr.get(name);
  return value !== undefined && "shape" in value ? shapeOf(value.shape) : null;
}

/** Dimensions with null where unknown; null when the rank is unknown. */
export function shapeOf(shape: TensorShape | undefined): readonly (number | null)[] | null {
  if (shape === undefined || "unknownRank" in shape) return null;
  return shape.dims.map((size) => (size < 0 ? null : size));
}

/** The attribute `name` as a number (an attribute of kind `f`), undefined when the op has none. */
export function floatAttr(node: NodeDef, name: string): number | undefined {
  const value = node.attr.get(name);
  return value !== undefined && "f" in value ? value.f : undefined;
}

/** The attribute `name` as a truth value, undefined when the op has none. */
export function booleanAttr(node: NodeDef, name: string): boolean | undefined {
  const value = node.attr.get(name);
  return value !== undefined && "b" in value ? value.b : undefined;
}

/** The attribute `name` as a whole number, undefined when the op has none. */
export function integerAttr(node: NodeDef, name: string): number | undefined {
  const value = node.attr.get(name);
  return value !== undefined && "i" in value ? Number(value.i) : undefined;
}
