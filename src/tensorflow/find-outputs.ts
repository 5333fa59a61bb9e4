import { findUnreadableOps } from "./control-flow.js";
import { ancestorsOf, type Consumer, descendantsOf, type Graph, type TensorRef, tensorName } from "./graph.js";
import { findLossStarts, findMeetings, isForward } from "./loss-side.js";
import { isUpdate, LOSS_OPS, RESHAPING_OPS, SAMPLING_OPS, SHAPE_ONLY_OPS, VARIABLE_OPS } from "./op-kinds.js";
import { floatingDType } from "./output-dtype.js";
import { walkBack } from "./walk-back.js";

/**
 * The floating tensors at the end of the forward pass, in execution order: loss, gradients, updates, summaries and saving
 * are left aside, and what a loss is computed from counts as an end. What follows from such an end without meeting another
 * weight (the softmax of the logits, their entropy) is no output of its own. Nothing behind a random draw is an output.
 */
export function findOutputs(graph: Graph, sources: readonly string[]): TensorRef[] {
  const nodes = [...graph.nodes.values()];
  const flow = descendantsOf(graph, sources);
  const weighted = descendantsOf(
    graph,
    nodes.filter((node) => VARIABLE_OPS.has(node.op)).map((node) => node.name),
  );
  const meetings = findMeetings(graph, flow);
  const draws = new Set(nodes.filter((node) => SAMPLING_OPS.has(node.op)).map((node) => node.name));
  const beyond = descendantsOf(graph, [...findLossStarts(graph, sources, flow, weighted, meetings), ...draws]);
  const unreadable = findUnreadableOps(graph);
  const isBody = (name: string): boolean => flow.has(name) && !beyond.has(name) && isForward(graph, name);

  const found = new Map<string, TensorRef>();
  const cuts = new Set<string>();
  for (const name of flow) {
    if (!isBody(name) || !weighted.has(name)) continue;
    const readers = forwardReaders(graph, name);
    const inside = readers.filter((reader) => isBody(reader.node));
    const isCut = readers.some(
      (reader) =>
        beyond.has(reader.node) && isForward(graph, reader.node) && (inside.length === 0 || judges(graph, reader)),
    );
    if (!isCut && (inside.length > 0 || isStatistic(graph, readers))) continue;
    const isDrawnFrom = readers.some((reader) => draws.has(reader.node));
    const ref =
      (isDrawnFrom ? lastWeighted(graph, name, meetings) : null) ??
      walkBack(graph, name, isCut, isBody, (one) => forwardReaders(graph, one).length);
    const node = graph.nodes.get(ref.node);
    if (node === undefined || unreadable.has(ref.node) || floatingDType(node, ref.slot) === null) continue;
    found.set(tensorName(ref), ref);
    if (isCut) cuts.add(ref.node);
  }
  const derived = new Set<string>();
  for (const cut of cuts) {
    const onward = descendantsOf(graph, [cut], (node) => isBody(node.name) && !meetings.has(node.name));
    for (const name of onward) if (name !== cut) derived.add(name);
  }
  const outputs = [...found.values()].filter((ref) => !derived.has(ref.node));
  return outputs
    .filter((ref) => !givesOnlySizes(graph, ref, outputs))
    .sort((a, b) => (graph.position.get(a.node) ?? 0) - (graph.position.get(b.node) ?? 0));
}

/** Who reads an op's values on the way forward. */
function forwardReaders(graph: Graph, name: string): Consumer[] {
  return (graph.consumers.get(name) ?? []).filter((reader) => {
    const op = graph.nodes.get(reader.node)?.op ?? "";
    return !SHAPE_ONLY_OPS.has(op) && (isForward(graph, reader.node) || isUpdate(op) || op === "ScalarSummary");
  });
}

/**
 * The tensor that the last weight gave on the way to an op, null when there is not one last. What follows it before a
 * random draw (the last position, a temperature, a cut to the likeliest) is how the model is used, not the model.
 */
function lastWeighted(graph: Graph, name: string, meetings: ReadonlySet<string>): TensorRef | null {
  const place = (one: string): number => graph.position.get(one) ?? 0;
  const met = [...ancestorsOf(graph, [name])].filter((one) => meetings.has(one)).sort((a, b) => place(a) - place(b));
  let last = met.at(-1);
  if (last === undefined) return null;
  const before = ancestorsOf(graph, [last]);
  if (met.some((one) => !before.has(one))) return null;
  const scope = last.slice(0, last.lastIndexOf("/") + 1);
  for (;;) {
    const [reader, ...others] = forwardReaders(graph, last);
    const op = graph.nodes.get(reader?.node ?? "")?.op ?? "";
    const reshapes = RESHAPING_OPS.has(op) && reader?.input === 0 && reader.node.startsWith(scope);
    if (reader === undefined || others.length > 0 || !reshapes) return { node: last, slot: 0 };
    last = reader.node;
  }
}

/** Whether an op is there for its shape alone, from which another output is computed (the first state of a recurrence). */
function givesOnlySizes(graph: Graph, ref: TensorRef, outputs: readonly TensorRef[]): boolean {
  const readers = (graph.consumers.get(ref.node) ?? []).filter((reader) => isForward(graph, reader.node));
  if (readers.length === 0) return false;
  const others = outputs.filter((other) => other.node !== ref.node).map((other) => other.node);
  const needed = ancestorsOf(graph, others);
  return readers.every((reader) => needed.has(reader.node));
}

/** Whether a reader holds a tensor against something. A penalty (L2Loss) on hidden values does not make them an output. */
function judges(graph: Graph, reader: Consumer): boolean {
  const op = graph.nodes.get(reader.node)?.op ?? "";
  return op !== "L2Loss" && (!LOSS_OPS.has(op) || reader.input === 0);
}

/** A tensor that is only written to a variable, or shown as one number, is a statistic such as a moving average. */
function isStatistic(graph: Graph, readers: readonly Consumer[]): boolean {
  const ops = readers.map((reader) => graph.nodes.get(reader.node)?.op ?? "");
  return ops.length > 0 && ops.every((op) => isUpdate(op) || op === "ScalarSummary");
}
