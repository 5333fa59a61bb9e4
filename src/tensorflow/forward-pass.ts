import { ParityError } from "../errors.js";
import { DataType } from "../formats/tf-proto/data-type.js";
import type { NodeDef } from "../formats/tf-proto/types.js";
import { shapeAttr } from "./attr.js";
import { ancestorsOf, descendantsOf, type Graph, parseTensorName, type TensorRef, tensorName } from "./graph.js";
import { isBookkeeping, isGradientScope, LOSS_OPS, SHAPE_ONLY_OPS, VARIABLE_OPS } from "./op-kinds.js";
import { floatingDType, outputDataType } from "./output-dtype.js";

/** The part of a graph that computes the model's outputs from its inputs. */
export interface ForwardPass {
  /** Tensors to feed, in the file's order. */
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
  /** True when the user or a signature named the outputs; false when they were found. */
  readonly outputsDeclared: boolean;
  /** Ops needed for the outputs. */
  readonly needed: ReadonlySet<string>;
  /** Needed ops whose result depends on the inputs (their values or their shapes). */
  readonly flow: ReadonlySet<string>;
  /** Needed ops whose result depends on the inputs' values. */
  readonly valueFlow: ReadonlySet<string>;
}

/** Ops through which data comes in from outside the graph. */
const SOURCE_OPS: ReadonlySet<string> = new Set([
  "Placeholder",
  "PlaceholderV2",
  "IteratorGetNext",
  "QueueDequeueV2",
  "QueueDequeueManyV2",
]);

/** A tensor cut off from its loss is walked back through these to the tensor that a user calls the output. */
const TRIMMED_OPS: ReadonlySet<string> = new Set([
  "Reshape",
  "Squeeze",
  "ExpandDims",
  "StridedSlice",
  "Slice",
  "Cast",
  "Identity",
]);

/**
 * Finds inputs and outputs of the original. Outputs that are not declared are the floating tensors at the end of the
 * forward pass: loss, gradients, updates, summaries and saving are left aside, and what computed a loss counts as an end.
 */
export function findForwardPass(graph: Graph, file: string, declaredOutputs?: readonly string[]): ForwardPass {
  const nodes = [...graph.nodes.values()];
  const sources = nodes.filter((node) => SOURCE_OPS.has(node.op) && outputDataType(node, 0) !== DataType.STRING);
  const outputs =
    declaredOutputs === undefined
      ? findOutputs(graph, sources)
      : declaredOutputs.map((name) => resolveOutput(graph, name, file));
  if (outputs.length === 0) {
    throw new ParityError(
      "FORMAT_UNSUPPORTED",
      "No output was found in this graph: nothing floating depends on both an input and a variable.",
      {
        where: { file },
        hint:
          sources.length === 0
            ? "The graph has no placeholder, so it holds only variables and the ops that save them. Export the graph together with the model, or name a graph that has its inputs."
            : 'Name the output: reference: { model: …, outputs: ["scope/op:0"] }.',
      },
    );
  }
  const needed = ancestorsOf(
    graph,
    outputs.map((output) => output.node),
  );
  const neededSources = sources.filter((node) => needed.has(node.name));
  const within = (found: Set<string>): Set<string> => new Set([...found].filter((name) => needed.has(name)));
  const names = neededSources.map((node) => node.name);
  return {
    inputs: neededSources.flatMap((node) => readSlots(graph, node, needed)),
    outputs,
    outputsDeclared: declaredOutputs !== undefined,
    needed,
    flow: within(descendantsOf(graph, names)),
    valueFlow: within(descendantsOf(graph, names, (node) => !SHAPE_ONLY_OPS.has(node.op))),
  };
}

function readSlots(graph: Graph, node: NodeDef, needed: ReadonlySet<string>): TensorRef[] {
  const slots = new Set(
    (graph.consumers.get(node.name) ?? [])
      .filter((consumer) => needed.has(consumer.node))
      .map((consumer) => consumer.slot),
  );
  return [...slots].sort((a, b) => a - b).map((slot) => ({ node: node.name, slot }));
}

function resolveOutput(graph: Graph, name: string, file: string): TensorRef {
  const ref = parseTensorName(name);
  if (!graph.nodes.has(ref.node)) {
    const last = ref.node.split("/").at(-1) ?? ref.node;
    const near = [...graph.nodes.keys()].filter((other) => other.includes(last)).slice(0, 5);
    throw new ParityError("CONFIG_INVALID", `The graph has no op ${ref.node}, which is named as an output.`, {
      where: { file, key: name },
      hint:
        near.length > 0 ? `Ops with a similar name: ${near.join(", ")}.` : "Write an output as scope/op or scope/op:0.",
    });
  }
  return { node: ref.node, slot: ref.slot };
}

function findOutputs(graph: Graph, sources: readonly NodeDef[]): TensorRef[] {
  const flow = descendantsOf(
    graph,
    sources.map((node) => node.name),
  );
  const lossOps = [...flow].filter((name) => LOSS_OPS.has(graph.nodes.get(name)?.op ?? ""));
  const afterLoss = descendantsOf(graph, lossOps);
  const isBody = (name: string): boolean => {
    const node = graph.nodes.get(name);
    return (
      node !== undefined && flow.has(name) && !afterLoss.has(name) && !isGradientScope(name) && !isBookkeeping(node.op)
    );
  };
  const weighted = descendantsOf(
    graph,
    [...graph.nodes.values()].filter((node) => VARIABLE_OPS.has(node.op)).map((node) => node.name),
  );
  const trains = afterLoss.size > 0 || [...graph.nodes.values()].some((node) => isGradientScope(node.name));

  const found = new Map<string, TensorRef>();
  for (const name of flow) {
    if (!isBody(name) || !weighted.has(name)) continue;
    const readers = (graph.consumers.get(name) ?? []).filter(
      (consumer) => !SHAPE_ONLY_OPS.has(graph.nodes.get(consumer.node)?.op ?? ""),
    );
    if (readers.some((consumer) => isBody(consumer.node))) continue;
    const output = walkBack(graph, name, readers.length > 0, isBody);
    if (output !== null && floatingDType(graph.nodes.get(output.node) as NodeDef, output.slot) !== null)
      found.set(tensorName(output), output);
  }
  const outputs = [...found.values()].sort(
    (a, b) => (graph.position.get(a.node) ?? 0) - (graph.position.get(b.node) ?? 0),
  );
  return trains ? withoutMetrics(graph, outputs, sources) : outputs;
}

/** From an end of the forward pass to the tensor that it was made from by slicing and reshaping for a loss, or by argmax. */
function walkBack(graph: Graph, name: string, cut: boolean, isBody: (name: string) => boolean): TensorRef | null {
  let ref: TensorRef = { node: name, slot: 0 };
  let trimming = cut;
  for (;;) {
    const node = graph.nodes.get(ref.node);
    if (node === undefined) return null;
    const input = graph.inputs.get(ref.node)?.[0];
    const step = node.op === "ArgMax" || (trimming && TRIMMED_OPS.has(node.op));
    if (!step || input === undefined || !isBody(input.node)) return ref;
    trimming = trimming || node.op === "ArgMax";
    ref = input;
  }
}

/** In a training graph, drops what needs more inputs (labels) than another output: losses and accuracies. */
function withoutMetrics(graph: Graph, outputs: readonly TensorRef[], sources: readonly NodeDef[]): TensorRef[] {
  const needs = outputs.map((output) => {
    const before = ancestorsOf(graph, [output.node]);
    return new Set(sources.filter((source) => before.has(source.name)).map((source) => source.name));
  });
  return outputs.filter((_, i) => {
    const own = needs[i] as Set<string>;
    return !needs.some((other, j) => j !== i && other.size < own.size && [...other].every((name) => own.has(name)));
  });
}

/** The static shape of an input as its placeholder states it. */
export function inputShape(graph: Graph, input: TensorRef): readonly (number | null)[] | null {
  const node = graph.nodes.get(input.node);
  return node === undefined ? null : shapeAttr(node);
}
