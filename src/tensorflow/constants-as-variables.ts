import { baseDataType, DataType } from "../formats/tf-proto/data-type.js";
import type { TensorProto } from "../formats/tf-proto/tensor-proto.js";
import type { NodeDef } from "../formats/tf-proto/types.js";
import { makeNode } from "./constant.js";
import { parseTensorName } from "./graph.js";

/** A graph whose weights are constants, with ops of variables in their place. */
export interface ThawedGraph {
  readonly nodes: readonly NodeDef[];
  /** The values, by key. */
  readonly values: ReadonlyMap<string, TensorProto>;
  /** The constants that were replaced, by name. */
  readonly constants: ReadonlyMap<string, NodeDef>;
}

const FLOATING: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.HALF, DataType.BFLOAT16, DataType.DOUBLE]);

/** Which weight an op takes at which of its inputs, in the words of Keras. */
const ROLES: readonly (readonly [ops: RegExp, inputs: readonly (string | null)[]])[] = [
  [/^(Batch)?MatMul(V2)?$|^_FusedMatMul$|^Conv[123]D|^_FusedConv2D$|^Einsum$/, [null, "kernel", "bias"]],
  [/^DepthwiseConv2dNative$|^_FusedDepthwiseConv2dNative$/, [null, "depthwise_kernel", "bias"]],
  [/^BiasAdd(V1)?$/, [null, "bias"]],
  [/^FusedBatchNorm(V[23])?$/, [null, "gamma", "beta", "moving_mean", "moving_variance"]],
  [/^(Gather|GatherV2|ResourceGather)$/, ["embeddings"]],
];

/** The names that freezing gives to what was a variable. */
const MADE = /\/ReadVariableOp(_\d+)?(\/resource)?$/;

/** Ops that hand a weight on to the op that uses it. */
const CARRIERS: ReadonlySet<string> = new Set(["Identity", "Reshape", "ExpandDims", "Squeeze"]);

interface Reader {
  readonly op: string;
  readonly input: number;
}

/**
 * Finds the weights of a frozen graph: floating constants with at least one axis. One with a single element is a weight where
 * an op takes it as such (the bias of one channel). A name that freezing made (`dense/MatMul/ReadVariableOp/resource`) gives
 * way to what the op takes it for (`dense/kernel`), which is what the variable was called.
 */
export function thawConstants(nodes: readonly NodeDef[]): ThawedGraph {
  const readers = readersOf(nodes);
  const values = new Map<string, TensorProto>();
  const constants = new Map<string, NodeDef>();
  const thawed = nodes.map((node) => {
    const tensor = weightIn(node, readers);
    if (tensor === null) return node;
    const wanted = keyOf(node.name, readers.get(node.name) ?? []);
    const key = values.has(wanted) ? node.name : wanted;
    values.set(key, tensor);
    constants.set(node.name, node);
    return makeNode(node.name, "VariableV2", [], {
      dtype: { type: tensor.dataType },
      shape: { shape: tensor.shape },
      container: { s: new Uint8Array(0) },
      shared_name: { s: new TextEncoder().encode(key) },
    });
  });
  return { nodes: thawed, values, constants };
}

function weightIn(node: NodeDef, readers: ReadonlyMap<string, readonly Reader[]>): TensorProto | null {
  const value = node.attr.get("value");
  if (node.op !== "Const" || value === undefined || !("tensor" in value)) return null;
  const { tensor } = value;
  if (!FLOATING.has(baseDataType(tensor.dataType)) || "unknownRank" in tensor.shape) return null;
  const { dims } = tensor.shape;
  const elements = dims.reduce((product, size) => product * size, 1);
  if (dims.length === 0 || elements === 0) return null;
  const isTaken = MADE.test(node.name) || (readers.get(node.name) ?? []).some((reader) => roleOf(reader) !== null);
  return elements > 1 || isTaken ? tensor : null;
}

/** Who reads each op, seen through what only hands a weight on. */
function readersOf(nodes: readonly NodeDef[]): Map<string, Reader[]> {
  const through = new Map<string, string>();
  for (const node of nodes) {
    const [input] = node.input;
    if (CARRIERS.has(node.op) && input !== undefined) through.set(node.name, parseTensorName(input).node);
  }
  const origin = (name: string): string => {
    let current = name;
    for (let steps = 0; steps < 100; steps++) {
      const next = through.get(current);
      if (next === undefined) break;
      current = next;
    }
    return current;
  };
  const readers = new Map<string, Reader[]>();
  for (const node of nodes) {
    node.input.forEach((text, input) => {
      if (text.startsWith("^") || (CARRIERS.has(node.op) && input === 0)) return;
      const from = origin(parseTensorName(text).node);
      readers.set(from, [...(readers.get(from) ?? []), { op: node.op, input }]);
    });
  }
  return readers;
}

function roleOf({ op, input }: Reader): string | null {
  return ROLES.find(([ops]) => ops.test(op))?.[1][input] ?? null;
}

function keyOf(name: string, readers: readonly Reader[]): string {
  const made = /^(.*)\/[^/]+\/ReadVariableOp(_\d+)?(\/resource)?$/.exec(name);
  if (made?.[1] === undefined) return name;
  const role = readers.map(roleOf).find((one) => one !== null);
  return role === undefined || role === null ? name.replace(MADE, "") : `${made[1]}/${role}`;
}
