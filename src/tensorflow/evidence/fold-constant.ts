import { baseDataType, DataType, toDType } from "../../formats/tf-proto/data-type.js";
import type { NodeDef } from "../../formats/tf-proto/types.js";
import { outputDataType } from "../output-dtype.js";
import { sliceOnce } from "./fold-slice.js";

/** Constants of more elements are not read: they are tables, not parameters of a formula. */
export const MOST_ELEMENTS = 4096;

/** A constant, or sizes of a tensor of which some may not be known before a run (null). */
export interface Folded {
  readonly shape: readonly number[];
  readonly values: readonly (number | null)[];
  /** The Const op that holds the number, or the op that takes the size. */
  readonly node: string;
}

type Input = Folded | null | undefined;

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Sqrt: Math.sqrt,
  Rsqrt: (x) => 1 / Math.sqrt(x),
  Reciprocal: (x) => 1 / x,
  Inv: (x) => 1 / x,
  Square: (x) => x * x,
  Exp: Math.exp,
  Log: Math.log,
  Abs: Math.abs,
};

const BINARY: Readonly<Record<string, (x: number, y: number) => number>> = {
  Mul: (x, y) => x * y,
  Add: (x, y) => x + y,
  AddV2: (x, y) => x + y,
  Sub: (x, y) => x - y,
  RealDiv: (x, y) => x / y,
  Div: (x, y) => x / y,
  FloorDiv: (x, y) => Math.floor(x / y),
  FloorMod: (x, y) => x - Math.floor(x / y) * y,
  Pow: (x, y) => x ** y,
  Maximum: Math.max,
  Minimum: Math.min,
};

/** Ops that hand a constant on as it is; a loop or a branch is entered with it. */
const SAME = /^(Identity|Snapshot|StopGradient|PreventGradient|(Ref)?Enter|(Ref)?Switch|Cast)$/;

/** The value of an op whose inputs are constants or sizes; null where it is not one, or not a small one. */
export function foldConstant(node: NodeDef, inputs: readonly Input[]): Folded | null {
  if (node.op === "Const") return readConstant(node);
  const folded = combine(node, inputs);
  if (folded === null || folded.values.length > MOST_ELEMENTS) return null;
  return { ...folded, values: roundTo(node, folded.values) };
}

/** The numbers of a Const op; null for text, for other types that hold no numbers, and for large ones. */
function readConstant(node: NodeDef): Folded | null {
  const attr = node.attr.get("value");
  if (attr === undefined || !("tensor" in attr)) return null;
  const { tensor } = attr;
  const dtype = toDType(tensor.dataType);
  if (dtype === undefined || dtype === "string" || dtype.startsWith("complex")) return null;
  const shape = tensor.dims();
  if (shape.reduce((product, size) => product * size, 1) > MOST_ELEMENTS) return null;
  return { shape, values: Array.from(tensor.values() as ArrayLike<number | bigint>, Number), node: node.name };
}

function combine(node: NodeDef, inputs: readonly Input[]): Folded | null {
  const [a, b] = inputs;
  const { op } = node;
  if (op === "Fill") return fill(a, b);
  if (op === "Pack") return pack(node, inputs);
  if (op === "ConcatV2") return concatenate(inputs);
  if (op === "Range") return range(inputs);
  if (!a) return null;
  if (SAME.test(op)) return a;
  const unary = UNARY[op];
  if (unary !== undefined) return { ...a, values: a.values.map((x) => (x === null ? null : unary(x))) };
  if (op === "Reshape" || op === "ExpandDims" || op === "Squeeze") return reshape(node, a, b);
  if (op === "Prod") return { ...a, shape: [], values: [product(a.values)] };
  if (op === "StridedSlice") return sliceOnce(node, inputs);
  if (!b) return null;
  const binary = BINARY[op];
  if (binary !== undefined) return broadcast(a, b, binary);
  if ((op === "GatherV2" || op === "Gather") && a.shape.length === 1 && (inputs[2]?.values[0] ?? 0) === 0)
    return {
      shape: b.shape,
      values: b.values.map((at) => (at === null ? null : (a.values[at] ?? null))),
      node: a.node,
    };
  return null;
}

function fill(dims: Input, value: Input): Folded | null {
  if (!dims || !value || dims.values.includes(null)) return null;
  const shape = dims.values as readonly number[];
  const count = shape.reduce((n, size) => n * size, 1);
  return count > MOST_ELEMENTS || count < 0
    ? null
    : { shape, values: new Array(count).fill(value.values[0] ?? null), node: value.node };
}

function pack(node: NodeDef, inputs: readonly Input[]): Folded | null {
  // One size that is not known leaves the others known.
  const known = inputs.find((input) => input);
  if (!known || inputs.some((input) => input && input.shape.length > 0)) return null;
  const data = node.input.filter((name) => !name.startsWith("^"));
  return { shape: [data.length], values: data.map((_, i) => inputs[i]?.values[0] ?? null), node: known.node };
}

function concatenate(inputs: readonly Input[]): Folded | null {
  const parts = inputs.slice(0, -1);
  const first = parts[0];
  if (!first || parts.some((part) => part?.shape.length !== 1)) return null;
  const values = parts.flatMap((part) => part?.values ?? []);
  return { shape: [values.length], values, node: first.node };
}

function range(inputs: readonly Input[]): Folded | null {
  const [start, limit, delta] = inputs.map((input) => input?.values[0] ?? null);
  if (start == null || limit == null || delta == null || delta === 0) return null;
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (count > MOST_ELEMENTS) return null;
  return {
    shape: [count],
    values: Array.from({ length: count }, (_, i) => start + i * delta),
    node: inputs[1]?.node ?? "",
  };
}

/** The elements stay; only the shape is another. */
function reshape(node: NodeDef, a: Folded, b: Input): Folded {
  if (node.op === "Squeeze") return { ...a, shape: a.shape.filter((size) => size !== 1) };
  if (node.op === "ExpandDims") {
    const axis = b?.values[0] ?? 0;
    const at = axis < 0 ? axis + a.shape.length + 1 : axis;
    return { ...a, shape: [...a.shape.slice(0, at), 1, ...a.shape.slice(at)] };
  }
  const wanted = (b?.values ?? []).map((size) => size ?? -1);
  const rest = wanted.filter((size) => size >= 0).reduce((n, size) => n * size, 1);
  const shape = wanted.map((size) => (size < 0 ? a.values.length / (rest || 1) : size));
  return { ...a, shape: b ? shape : [a.values.length] };
}

function product(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>((n, x) => (n === null || x === null ? null : n * x), 1);
}

/** Elementwise by numpy's rules. The number that the result is named after is the one that is not merely a power of another. */
function broadcast(a: Folded, b: Folded, of: (x: number, y: number) => number): Folded | null {
  const rank = Math.max(a.shape.length, b.shape.length);
  const pad = (shape: readonly number[]): number[] => [...new Array(rank - shape.length).fill(1), ...shape];
  const [sa, sb] = [pad(a.shape), pad(b.shape)];
  const shape = sa.map((size, i) => (size === 1 ? (sb[i] ?? 1) : size));
  if (sb.some((size, i) => size !== 1 && size !== shape[i])) return null;
  const count = shape.reduce((n, size) => n * size, 1);
  if (count > MOST_ELEMENTS) return null;
  const at = (own: readonly number[], index: number): number => {
    let [rest, result, stride] = [index, 0, 1];
    for (let axis = rank - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      if (own[axis] !== 1) result += (rest % size) * stride;
      stride *= own[axis] ?? 1;
      rest = Math.floor(rest / size);
    }
    return result;
  };
  const values = Array.from({ length: count }, (_, i) => {
    const [x, y] = [a.values[at(sa, i)] ?? null, b.values[at(sb, i)] ?? null];
    return x === null || y === null ? null : of(x, y);
  });
  return { shape, values, node: a.node };
}

/** What the type of the op's result makes of its numbers. */
function roundTo(node: NodeDef, values: readonly (number | null)[]): readonly (number | null)[] {
  const type = baseDataType(outputDataType(node, 0) ?? DataType.INVALID);
  if (type === DataType.FLOAT) return values.map((x) => (x === null ? null : Math.fround(x)));
  if (node.op === "Cast" && /^u?int/.test(toDType(type) ?? ""))
    return values.map((x) => (x === null ? null : Math.trunc(x)));
  return values;
}
