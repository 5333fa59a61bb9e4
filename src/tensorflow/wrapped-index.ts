import { foldConstant } from "./evidence/fold-constant.js";
import { type Graph, type TensorRef, tensorName } from "./graph.js";

/**
 * Whether an op is `where(x < 0, x + rows, x)` of one x: an index that may count from the end, as Keras 3 writes every lookup
 * in a table. Any x from 0 on is selected as it is.
 */
export function isWrappedIndex(graph: Graph, name: string): boolean {
  if (!/^Select(V2)?$/.test(graph.nodes.get(name)?.op ?? "")) return false;
  const [condition, wrapped, plain] = graph.inputs.get(name) ?? [];
  if (condition === undefined || wrapped === undefined || plain === undefined) return false;
  return (
    reads(graph, condition, /^Less$/, plain) && reads(graph, wrapped, /^Add(V2)?$/, plain) && isZero(graph, condition)
  );
}

/** Whether a tensor is what an op of this kind gives, with `operand` as its first input. */
function reads(graph: Graph, ref: TensorRef, op: RegExp, operand: TensorRef): boolean {
  const first = graph.inputs.get(ref.node)?.[0];
  return (
    op.test(graph.nodes.get(ref.node)?.op ?? "") && first !== undefined && tensorName(first) === tensorName(operand)
  );
}

function isZero(graph: Graph, less: TensorRef): boolean {
  const bound = graph.inputs.get(less.node)?.[1];
  const node = bound === undefined ? undefined : graph.nodes.get(bound.node);
  const values = node === undefined ? undefined : foldConstant(node, [])?.values;
  return values?.length === 1 && values[0] === 0;
}
