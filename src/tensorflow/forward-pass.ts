import { ParityError } from "../errors.js";
import { DataType } from "../formats/tf-proto/data-type.js";
import type { NodeDef } from "../formats/tf-proto/types.js";
import { shapeAttr, shapeOf } from "./attr.js";
import { findConditionalOps } from "./control-flow.js";
import { findOutputs } from "./find-outputs.js";
import { ancestorsOf, descendantsOf, type Graph, parseTensorName, type TensorRef } from "./graph.js";
import { nearNames } from "./near-names.js";
import { isGradientScope, SHAPE_ONLY_OPS } from "./op-kinds.js";
import { outputDataType } from "./output-dtype.js";

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

/**
 * Finds inputs and outputs of the original. Outputs that are not declared are the floating tensors at the end of the
 * forward pass: loss, gradients, updates, summaries and saving are left aside, and what computed a loss counts as an end.
 */
export function findForwardPass(graph: Graph, file: string, declaredOutputs?: readonly string[]): ForwardPass {
  const nodes = [...graph.nodes.values()];
  const sources = nodes.filter((node) => SOURCE_OPS.has(node.op) && outputDataType(node, 0) !== DataType.STRING);
  const outputs =
    declaredOutputs === undefined
      ? findOutputs(
          graph,
          sources.map((node) => node.name),
        )
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
    inputs: neededSources.flatMap((node) => readSlots(graph, node, needed, outputs)),
    outputs,
    outputsDeclared: declaredOutputs !== undefined,
    needed,
    flow: within(descendantsOf(graph, names)),
    valueFlow: within(descendantsOf(graph, names, (node) => !SHAPE_ONLY_OPS.has(node.op))),
  };
}

/** The outputs of a source that the forward pass reads or gives out. */
function readSlots(
  graph: Graph,
  node: NodeDef,
  needed: ReadonlySet<string>,
  outputs: readonly TensorRef[],
): TensorRef[] {
  const readers = (graph.consumers.get(node.name) ?? []).filter((consumer) => needed.has(consumer.node));
  const given = outputs.filter((output) => output.node === node.name);
  const slots = new Set([...readers, ...given].map(({ slot }) => slot));
  return [...slots].sort((a, b) => a - b).map((slot) => ({ node: node.name, slot }));
}

function resolveOutput(graph: Graph, name: string, file: string): TensorRef {
  const ref = parseTensorName(name);
  const fail = (message: string, hint: string): ParityError =>
    new ParityError("CONFIG_INVALID", message, { where: { file, key: name }, hint });
  if (ref.control || !Number.isSafeInteger(ref.slot) || ref.slot < 0) {
    throw fail(`${name} is not the name of a tensor.`, "Write an output as scope/op or scope/op:0.");
  }
  const node = graph.nodes.get(ref.node);
  if (node === undefined) {
    const forward = [...graph.nodes.keys()].filter((other) => !isGradientScope(other));
    const near = nearNames(ref.node, forward);
    throw fail(
      `The graph has no op ${ref.node}, which is named as an output.`,
      near.length > 0 ? `Ops with a similar name: ${near.join(", ")}.` : "Write an output as scope/op or scope/op:0.",
    );
  }
  if (outputDataType(node, ref.slot) === undefined) {
    throw fail(
      `${name} is named as an output, but nothing tells what type of numbers the op (${node.op}) gives.`,
      "Name the tensor that holds the model's result.",
    );
  }
  if (findConditionalOps(graph).has(ref.node)) {
    throw fail(
      `${name} lies in a branch or a loop, so a run may not give it, or give it many times.`,
      "Name the tensor that comes out of the branch (its Merge) or the loop (its Exit).",
    );
  }
  return { node: ref.node, slot: ref.slot };
}

/** The static shape of an input as its placeholder states it. */
export function inputShape(graph: Graph, input: TensorRef): readonly (number | null)[] | null {
  const node = graph.nodes.get(input.node);
  if (node === undefined) return null;
  // What comes from a pipeline states the shapes of all its tensors in one list.
  const list = node.attr.get("output_shapes") ?? node.attr.get("shapes");
  return list !== undefined && "list" in list ? shapeOf(list.list.shape[input.slot]) : shapeAttr(node);
}
