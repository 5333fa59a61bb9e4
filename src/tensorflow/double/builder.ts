import { DataType, toDataType } from "../../formats/tf-proto/data-type.js";
import { makeTensorProto } from "../../formats/tf-proto/tensor-proto.js";
import type { AttrValue, NodeDef } from "../../formats/tf-proto/types.js";
import { makeNode } from "../constant.js";
import { parseTensorName } from "../graph.js";

export const DOUBLE: AttrValue = { type: DataType.DOUBLE };
export const INT32: AttrValue = { type: DataType.INT32 };

/** Writes the elementary ops that one fused op stands for. Every method gives the name of the tensor that it makes. */
export interface Builder {
  readonly nodes: readonly NodeDef[];
  /** Under a name of its own where another op must know it beforehand: the end of a loop, which its head reads. */
  op(op: string, inputs: readonly string[], attr?: Readonly<Record<string, AttrValue>>, name?: string): string;
  /** Adds ops that another builder made: those of a loop's body. */
  add(others: readonly NodeDef[]): void;
  double(value: number): string;
  ints(values: readonly number[], shape?: readonly number[]): string;
  /** `T` is double: most ops need nothing else. */
  math(op: string, ...inputs: string[]): string;
  matmul(a: string, b: string): string;
  /** Joined along the last axis of matrices. */
  concat(a: string, b: string): string;
  /** Cut along the last axis of a matrix into equal parts. */
  split(value: string, parts: number): string[];
}

/** `anchor` is a tensor that the fused op reads: inside a loop its constants must run in that loop's frame. */
export function createBuilder(prefix: string, anchor: string): Builder {
  const nodes: NodeDef[] = [];
  const control = `^${parseTensorName(anchor).node}`;
  const op: Builder["op"] = (kind, inputs, attr = {}, name = `${prefix}/${nodes.length}_${kind}`) => {
    nodes.push(makeNode(name, kind, inputs, attr));
    return name;
  };
  const constant = (dtype: "float64" | "int32", shape: readonly number[], bytes: ArrayBuffer): string =>
    op("Const", [control], {
      dtype: { type: toDataType(dtype) },
      value: { tensor: makeTensorProto(dtype, shape, new Uint8Array(bytes)) },
    });
  const ints: Builder["ints"] = (values, shape = [values.length]) =>
    constant("int32", shape, Int32Array.from(values).buffer);
  return {
    nodes,
    op,
    add(others) {
      nodes.push(...others);
    },
    ints,
    double: (value) => constant("float64", [], Float64Array.of(value).buffer),
    math: (kind, ...inputs) => op(kind, inputs, { T: DOUBLE }),
    matmul: (a, b) => op("MatMul", [a, b], { T: DOUBLE, transpose_a: { b: false }, transpose_b: { b: false } }),
    concat: (a, b) => op("ConcatV2", [a, b, ints([1], [])], { T: DOUBLE, N: { i: 2 }, Tidx: INT32 }),
    split(value, parts) {
      const name = op("Split", [ints([1], []), value], { T: DOUBLE, num_split: { i: parts } });
      return Array.from({ length: parts }, (_, slot) => (slot === 0 ? name : `${name}:${slot}`));
    },
  };
}
