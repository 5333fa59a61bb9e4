import type { ForwardPass } from "./forward-pass.js";
import { type Graph, type TensorRef, tensorName } from "./graph.js";
import { LOOKUP_OPS, RESHAPING_OPS } from "./op-kinds.js";
import { isInScope } from "./scopes.js";
import type { GraphVariable } from "./variables.js";

/** An op in which a variable meets the data: the matmul of a kernel, the addition of a bias, the lookup in a table. */
export interface WeightedOp {
  readonly node: string;
  readonly op: string;
  /** `lookup` when the variable is a table whose rows are selected, else `compute`. */
  readonly use: "lookup" | "compute";
}

/**
 * For each checkpoint key the ops that use it on data, in execution order. The way from the variable to them leads only
 * through ops that do not depend on the inputs (reads, casts, reshapes, putting the parts of a partitioned variable together).
 */
export function findWeightedOps(
  graph: Graph,
  pass: ForwardPass,
  variables: readonly GraphVariable[],
): Map<string, WeightedOp[]> {
  const byKey = new Map<string, Map<string, WeightedOp>>();
  for (const variable of variables) {
    const found = byKey.get(variable.key) ?? new Map<string, WeightedOp>();
    byKey.set(variable.key, found);
    const seen = new Set<string>();
    const stack = [variable.node];
    while (stack.length > 0) {
      const name = stack.pop() as string;
      if (seen.has(name)) continue;
      seen.add(name);
      for (const consumer of graph.consumers.get(name) ?? []) {
        if (!pass.needed.has(consumer.node)) continue;
        if (!pass.flow.has(consumer.node)) {
          stack.push(consumer.node);
          continue;
        }
        const op = graph.nodes.get(consumer.node)?.op ?? "";
        // A strided slice of a table of positions selects rows as a lookup does.
        const lookup = (LOOKUP_OPS.has(op) || op === "StridedSlice" || op === "Slice") && consumer.input === 0;
        const node = lookup ? (findStitch(graph, pass, consumer.node) ?? consumer.node) : consumer.node;
        found.set(node, { node, op: graph.nodes.get(node)?.op ?? op, use: lookup ? "lookup" : "compute" });
      }
    }
  }
  const place = (op: WeightedOp): number => graph.position.get(op.node) ?? 0;
  return new Map([...byKey].map(([key, ops]) => [key, [...ops.values()].sort((a, b) => place(a) - place(b))]));
}

/** The op that puts together what was looked up in the parts of a partitioned table: no part alone is the embedding. */
function findStitch(graph: Graph, pass: ForwardPass, lookup: string): string | null {
  const readers = (graph.consumers.get(lookup) ?? []).filter((reader) => pass.needed.has(reader.node));
  for (const { node } of readers) {
    const op = graph.nodes.get(node)?.op ?? "";
    if (/^(Parallel)?DynamicStitch$/.test(op)) return node;
    if (op === "Identity" && readers.length === 1) return findStitch(graph, pass, node);
  }
  return null;
}

/**
 * Follows a tensor through ops that only reshape it, as long as nothing else reads it on the way. It does not leave the
 * scope of the op it starts at, nor does it enter one inside of it: what others do with the result (splitting it into
 * heads, into the groups of a norm) is not that op's any more.
 */
export function followReshapes(graph: Graph, pass: ForwardPass, start: TensorRef): TensorRef {
  const scope = start.node.slice(0, Math.max(0, start.node.lastIndexOf("/")));
  let current = start;
  for (;;) {
    const readers = (graph.consumers.get(current.node) ?? []).filter(
      (consumer) => pass.needed.has(consumer.node) && consumer.slot === current.slot,
    );
    const valueReaders = readers.filter((consumer) => pass.valueFlow.has(consumer.node));
    const only = valueReaders.length === 1 ? valueReaders[0] : undefined;
    if (only === undefined || only.input !== 0 || !RESHAPING_OPS.has(graph.nodes.get(only.node)?.op ?? ""))
      return current;
    if (scope !== "" && !isInScope(only.node, scope)) return current;
    const isOwn = only.node.startsWith(`${start.node}/`);
    if (!isOwn && only.node.startsWith(`${scope}/`) && only.node.indexOf("/", scope.length + 1) !== -1) return current;
    if (pass.outputs.some((output) => tensorName(output) === tensorName(current))) return current;
    current = { node: only.node, slot: 0 };
  }
}
