import { baseDataType, DataType } from "../formats/tf-proto/data-type.js";
import type { MetaGraphDef } from "../formats/tf-proto/types.js";
import { widenGraph } from "./double/widen-graph.js";
import { type Fetch, makeFetch } from "./fetch-ops.js";
import { ancestorsOf, descendantsOf, parseTensorName, type TensorRef, tensorName } from "./graph.js";
import { SHAPE_ONLY_OPS } from "./op-kinds.js";
import { outputDataType } from "./output-dtype.js";
import { makeRestoreOps } from "./restore.js";
import { makeSampleOps, type VariableSample } from "./sample-ops.js";
import { makeViewGraph } from "./saved-model-view.js";
import type { Original } from "./understand-original.js";

/** The original with its forward pass in double. */
export interface DoubleGraph {
  readonly metaGraph: MetaGraphDef;
  /** By tensor name (`node:slot`). Floating tensors are read as float64. */
  readonly fetches: ReadonlyMap<string, Fetch>;
  readonly samples: readonly VariableSample[];
  /** Ops that make floating numbers and have no kernel in double: they run in float32 between casts. */
  readonly single: readonly string[];
  /** Those of the tensors that depend on such an op: they are not exact to double. */
  readonly touched: ReadonlySet<string>;
}

/**
 * The graph in which the given tensors (`node:slot`) are computed in double: variables and what is fed stay float32 and
 * are widened when they are read, constants and all arithmetic are double. Numbers that Python rounded to float32 when
 * the graph was made stay rounded: two models agree to about 1e-7 here, not to 1e-16.
 */
export function promoteToDouble(original: Original, tensors: Iterable<string>): DoubleGraph {
  const { graph, checkpoint } = original;
  const refs: TensorRef[] = [...tensors].map(parseTensorName).filter((ref) => graph.nodes.has(ref.node));
  // Every input is fed in every run, whether these tensors need it or not.
  const fed = original.inputs.map((input) => parseTensorName(input.tensor).node);
  const kept = ancestorsOf(graph, [...refs.map((ref) => ref.node), ...fed]);
  const variables = original.variables.filter((variable) => kept.has(variable.node));
  const widened = widenGraph(graph, kept);
  const fetches = new Map<string, Fetch>();
  const fetchNodes = refs.flatMap((ref) => {
    const node = graph.nodes.get(ref.node);
    const wide = widened.readWide(ref);
    const type = wide !== null ? DataType.DOUBLE : node === undefined ? undefined : outputDataType(node, ref.slot);
    if (type === undefined || fetches.has(tensorName(ref))) return [];
    const made = makeFetch(wide ?? tensorName(ref), baseDataType(type), `parity_fetch/${fetches.size}`);
    fetches.set(tensorName(ref), made.fetch);
    return made.nodes;
  });
  const sampled = makeSampleOps(variables, (key) => checkpoint.tensors.get(key)?.shape ?? [0]);
  const affected = descendantsOf(graph, widened.single, (node) => !SHAPE_ONLY_OPS.has(node.op));
  const nodes = [...widened.nodes, ...makeRestoreOps(variables, original.restore), ...sampled.nodes, ...fetchNodes];
  return {
    metaGraph: makeViewGraph(original, new Set(), nodes),
    fetches,
    samples: sampled.samples,
    single: widened.single,
    touched: new Set([...fetches.keys()].filter((tensor) => affected.has(parseTensorName(tensor).node))),
  };
}
