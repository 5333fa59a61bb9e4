import { baseDataType, DataType } from "../formats/tf-proto/data-type.js";
import { typeAttr } from "./attr.js";
import { ancestorsOf, descendantsOf, type Graph } from "./graph.js";
import { isBookkeeping, isGradientScope, LOSS_OPS, REDUCTION_OPS, SHAPE_ONLY_OPS, VARIABLE_OPS } from "./op-kinds.js";

const FLOAT_TYPES: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.DOUBLE, DataType.HALF, DataType.BFLOAT16]);

/**
 * Ops of the flow that read a weight: the matmul of a kernel, the addition of a bias. A penalty on weights (a sum of
 * their squares) is no weight, and neither is a counter of steps.
 */
export function findMeetings(graph: Graph, flow: ReadonlySet<string>): Set<string> {
  const nodes = [...graph.nodes.values()];
  const variables = nodes.filter(
    (node) => VARIABLE_OPS.has(node.op) && FLOAT_TYPES.has(baseDataType(typeAttr(node, "dtype") ?? DataType.FLOAT)),
  );
  const weights = descendantsOf(
    graph,
    variables.map((node) => node.name),
    (node) => !flow.has(node.name) && !REDUCTION_OPS.has(node.op),
  );
  return new Set(
    [...flow].filter(
      (name) => isForward(graph, name) && (graph.inputs.get(name) ?? []).some((ref) => weights.has(ref.node)),
    ),
  );
}

/**
 * The ops where a loss or a metric begins, in a graph that has a loss op or gradients: the loss ops themselves, gradients,
 * and every op in which what the weights made of the inputs meets something of the inputs that met no weight (labels,
 * the image that an autoencoder is to give back), when no weight comes after it.
 */
export function findLossStarts(
  graph: Graph,
  sources: readonly string[],
  flow: ReadonlySet<string>,
  weighted: ReadonlySet<string>,
  meetings: ReadonlySet<string>,
): Set<string> {
  const losses = [...flow].filter((name) => LOSS_OPS.has(graph.nodes.get(name)?.op ?? ""));
  const gradients = [...graph.nodes.keys()].filter(isGradientScope);
  if (losses.length === 0 && gradients.length === 0) return new Set();
  const values = descendantsOf(graph, sources, (node) => !SHAPE_ONLY_OPS.has(node.op));
  const beforeWeights = ancestorsOf(graph, meetings);
  const comparisons = [...flow].filter((name) => {
    const op = graph.nodes.get(name)?.op ?? "";
    if (!isForward(graph, name) || beforeWeights.has(name) || /^(Ref)?(Switch|Merge)$/.test(op)) return false;
    const inputs = (graph.inputs.get(name) ?? []).map((ref) => ref.node);
    return (
      inputs.some((input) => flow.has(input) && weighted.has(input)) &&
      inputs.some((input) => values.has(input) && !weighted.has(input))
    );
  });
  return new Set([...losses, ...gradients, ...comparisons]);
}

/** Neither gradients nor saving, updates and summaries. */
export function isForward(graph: Graph, name: string): boolean {
  return !isGradientScope(name) && !isBookkeeping(graph.nodes.get(name)?.op ?? "");
}
