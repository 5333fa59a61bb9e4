import { DataType, toDType } from "../formats/tf-proto/data-type.js";
import type { NodeDef } from "../formats/tf-proto/types.js";
import type { DType } from "../formats/types.js";
import { findUnreadableOps } from "./control-flow.js";
import type { ForwardPass } from "./forward-pass.js";
import { type Graph, type TensorRef, tensorName } from "./graph.js";
import { SHAPE_ONLY_OPS } from "./op-kinds.js";
import { floatingDType, outputDataType } from "./output-dtype.js";
import { isInScope, scopesOf } from "./scopes.js";
import { followReshapes, type WeightedOp } from "./weighted-ops.js";

/** A tensor of the original worth recording, and why. */
export interface GraphTap {
  readonly id: string;
  /** The scope or op that made it. */
  readonly path: string;
  readonly type: string;
  /** `node:slot`. Several taps may be the same tensor (a scope and its last inner scope). */
  readonly tensor: string;
  readonly dtype: DType;
  readonly kind: "scope" | "weighted-op" | "entering" | "output";
  readonly isOutput: boolean;
}

/** A scope that holds weighted ops, with the tensors by which it is read from outside, in execution order. */
export interface Scope {
  readonly path: string;
  readonly exports: readonly TensorRef[];
  /** Keys of the checkpoint that are used inside, nested scopes included. */
  readonly keys: ReadonlySet<string>;
  /** All keys used inside are used nowhere else. */
  readonly ownsKeys: boolean;
}

interface Edge {
  readonly from: TensorRef;
  readonly to: string;
}

/** Floating edges of the forward pass along which data (not just sizes) flows, from tensors that a session gives out. */
function dataEdges(graph: Graph, pass: ForwardPass): Edge[] {
  const edges: Edge[] = [];
  const unreadable = findUnreadableOps(graph);
  for (const name of pass.flow) {
    const node = graph.nodes.get(name);
    if (node === undefined || SHAPE_ONLY_OPS.has(node.op)) continue;
    for (const ref of graph.inputs.get(name) ?? []) {
      const from = graph.nodes.get(ref.node);
      if (from === undefined || !pass.flow.has(ref.node) || unreadable.has(ref.node)) continue;
      if (floatingDType(from, ref.slot) !== null) edges.push({ from: ref, to: name });
    }
  }
  return edges;
}

/** Scopes with weighted ops in them, innermost last. */
export function findScopes(
  graph: Graph,
  pass: ForwardPass,
  weighted: ReadonlyMap<string, readonly WeightedOp[]>,
): Map<string, Scope> {
  const keys = new Map<string, Set<string>>();
  for (const [key, ops] of weighted) {
    for (const scope of ops.flatMap((op) => scopesOf(op.node)))
      keys.set(scope, (keys.get(scope) ?? new Set()).add(key));
  }
  // An op that bears the name of a scope belongs to it.
  for (const [key, ops] of weighted) for (const op of ops) keys.get(op.node)?.add(key);
  const exported = new Map<string, Map<string, TensorRef>>();
  const add = (ref: TensorRef, reader: string | null): void => {
    for (const scope of [...scopesOf(ref.node), ref.node]) {
      if (!keys.has(scope) || (reader !== null && isInScope(reader, scope))) continue;
      exported.set(scope, (exported.get(scope) ?? new Map()).set(tensorName(ref), ref));
    }
  };
  for (const edge of dataEdges(graph, pass)) add(edge.from, edge.to);
  for (const output of pass.outputs) add(output, null);

  const inOrder = (a: TensorRef, b: TensorRef): number =>
    (graph.position.get(a.node) ?? 0) - (graph.position.get(b.node) ?? 0) || a.slot - b.slot;
  const scopes = new Map<string, Scope>();
  for (const [path, refs] of [...exported].sort(([a], [b]) => a.length - b.length)) {
    const own = keys.get(path) ?? new Set<string>();
    scopes.set(path, {
      path,
      exports: [...refs.values()].sort(inOrder),
      keys: own,
      ownsKeys: [...own].every((key) => (weighted.get(key) ?? []).every((op) => isInScope(op.node, path))),
    });
  }
  return scopes;
}

/**
 * The taps of the original, in execution order: what each scope gives to the outside (its last tensor under the scope's
 * own name, earlier ones as `scope[op]`), what each weighted op gives, what enters a scope from outside, and the outputs.
 */
export function findTaps(
  graph: Graph,
  pass: ForwardPass,
  weighted: ReadonlyMap<string, readonly WeightedOp[]>,
  scopes: ReadonlyMap<string, Scope>,
): GraphTap[] {
  const taps = new Map<string, GraphTap>();
  const tapped = new Set<string>();
  const outputs = new Set(pass.outputs.map(tensorName));
  const unreadable = findUnreadableOps(graph);
  const add = (id: string, path: string, ref: TensorRef, kind: GraphTap["kind"]): void => {
    const node = graph.nodes.get(ref.node);
    if (node === undefined || unreadable.has(ref.node) || taps.has(id)) return;
    const tensor = tensorName(ref);
    // An output that was asked for is recorded whatever it holds: class numbers, for example.
    const dtype = floatingDType(node, ref.slot) ?? (outputs.has(tensor) ? dtypeOf(node, ref.slot) : null);
    if (dtype === null) return;
    tapped.add(tensor);
    taps.set(id, { id, path, type: node.op, tensor, dtype, kind, isOutput: outputs.has(tensor) });
  };

  for (const scope of scopes.values()) {
    scope.exports.forEach((ref, i) => {
      const last = i === scope.exports.length - 1;
      const inner = opId(ref).slice(scope.path.length + 1);
      add(last ? scope.path : `${scope.path}[${inner}]`, scope.path, ref, "scope");
    });
  }
  for (const ops of weighted.values()) {
    for (const op of ops) {
      const direct = { node: op.node, slot: 0 };
      const settled = followReshapes(graph, pass, direct);
      if (!tapped.has(tensorName(settled))) add(settled.node, settled.node, settled, "weighted-op");
    }
  }
  // What is fed is known already.
  const fed = new Set(pass.inputs.map(tensorName));
  for (const edge of dataEdges(graph, pass)) {
    if (fed.has(tensorName(edge.from))) continue;
    const enters = [...scopesOf(edge.to), edge.to].some(
      (scope) => scopes.has(scope) && !isInScope(edge.from.node, scope),
    );
    if (enters && !tapped.has(tensorName(edge.from))) add(opId(edge.from), edge.from.node, edge.from, "entering");
  }
  for (const output of pass.outputs) {
    if (!tapped.has(tensorName(output))) add(opId(output), output.node, output, "output");
  }
  const place = (tap: GraphTap): number => graph.position.get(tap.tensor.slice(0, tap.tensor.lastIndexOf(":"))) ?? 0;
  return [...taps.values()].sort((a, b) => place(a) - place(b) || b.path.length - a.path.length);
}

function dtypeOf(node: NodeDef, slot: number): DType | null {
  return toDType(outputDataType(node, slot) ?? DataType.INVALID) ?? null;
}

function opId(ref: TensorRef): string {
  return ref.slot === 0 ? ref.node : tensorName(ref);
}
