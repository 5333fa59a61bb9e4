import type { NodeDef } from "../../formats/tf-proto/types.js";
import { shapeAttr, shapeOf } from "../attr.js";
import { readAttributes } from "./attributes.js";
import type { Folded } from "./fold-constant.js";

/** Sizes as far as they are known before a run; null for one that is not. */
export type StaticShape = readonly (number | null)[];

type Known = StaticShape | null;

const UNARY =
  /^(Identity|Cast|StopGradient|Snapshot|CheckNumerics|Relu|Relu6|LeakyRelu|Elu|Selu|Softplus|Softsign|Tanh|Sigmoid|Softmax|LogSoftmax|Neg|Exp|Log|Sqrt|Rsqrt|Square|Abs|Erf|Erfc|BiasAdd|ClipByValue|ZerosLike|OnesLike|FusedBatchNorm(V[23])?|(Ref)?Enter|(Ref)?Switch)$/;
const BINARY =
  /^(Add|AddV2|Sub|Mul|RealDiv|Div|Maximum|Minimum|Pow|SquaredDifference|Greater|Less|Equal|LogicalAnd|FloorDiv)$/;
const REDUCTION = /^(Mean|Sum|Max|Min|Prod|All|Any)$/;

/**
 * The shape of an op's output, as its file states it (`_output_shapes`, which Saver writes and frozen graphs lack) or as
 * it follows from the shapes of its inputs. Null where nothing is known.
 */
export function inferShape(
  node: NodeDef,
  slot: number,
  shapes: readonly Known[],
  values: readonly (Folded | null)[],
): Known {
  const stated = node.attr.get("_output_shapes");
  if (stated !== undefined && "list" in stated) {
    const shape = shapeOf(stated.list.shape[slot]);
    if (shape !== null) return shape;
  }
  const [a = null, b = null] = shapes;
  const { op } = node;
  if (/^Placeholder(V2)?$/.test(op)) return shapeAttr(node);
  if (UNARY.test(op)) return slot > 0 && op.startsWith("Fused") ? null : a;
  if (BINARY.test(op)) return a === null || b === null ? null : broadcastShapes(a, b);
  if (op === "Reshape" || op === "Fill") return toShape(values[op === "Fill" ? 0 : 1] ?? null);
  const attributes = readAttributes(node);
  if (op === "MatMul" && a !== null && b !== null)
    return [a[attributes.transpose_a === true ? 1 : 0] ?? null, b[attributes.transpose_b === true ? 0 : 1] ?? null];
  if (/^BatchMatMul/.test(op) && a !== null && b !== null)
    return [...a.slice(0, -2), a.at(attributes.adj_x ? -1 : -2) ?? null, b.at(attributes.adj_y ? -2 : -1) ?? null];
  if (a === null) return null;
  if (REDUCTION.test(op)) return reduceShape(a, values[1] ?? null, attributes.keep_dims === true);
  if (op === "Transpose") return values[1]?.values.map((axis) => a[axis ?? -1] ?? null) ?? a.map(() => null);
  if (op === "ExpandDims") {
    const axis = values[1]?.values[0];
    if (axis == null) return null;
    const at = axis < 0 ? axis + a.length + 1 : axis;
    return [...a.slice(0, at), 1, ...a.slice(at)];
  }
  if (op === "Squeeze") {
    const dims = (attributes.squeeze_dims ?? []) as readonly number[];
    return dims.length === 0
      ? null
      : a.filter((_, i) => !dims.some((axis) => (axis < 0 ? axis + a.length : axis) === i));
  }
  if (/^(Gather|GatherV2|ResourceGather)$/.test(op)) return b === null ? null : [...b, ...a.slice(1)];
  if (op === "Shape") return [a.length];
  // The sizes of a picture follow from strides and padding; the number of its axes is what is asked for.
  if (/^(Conv[23]D|MaxPool|AvgPool|MaxPoolV2|Pad|PadV2|MirrorPad|ReverseV2|Slice)$/.test(op)) return a.map(() => null);
  return null;
}

function broadcastShapes(a: StaticShape, b: StaticShape): StaticShape {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const offset = long.length - short.length;
  return long.map((size, i) => {
    const other = i < offset ? 1 : (short[i - offset] ?? null);
    if (size === 1) return other;
    return other === 1 || other === null ? size : other;
  });
}

function toShape(value: Folded | null): Known {
  return value === null ? null : value.values.map((size) => (size === null || size < 0 ? null : size));
}

function reduceShape(shape: StaticShape, axes: Folded | null, keep: boolean): Known {
  if (axes === null) return keep ? shape.map(() => null) : null;
  const reduced = new Set(axes.values.map((axis) => (axis !== null && axis < 0 ? axis + shape.length : axis)));
  return shape.flatMap((size, i) => (reduced.has(i) ? (keep ? [1] : []) : [size]));
}
