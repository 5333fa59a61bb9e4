import type { Trace, TracedOp, TracedTensor } from "../runners/edits.js";
import type { OriginalOp, OriginalRegion } from "../tensorflow/evidence/types.js";
import { tensorsIn } from "./look.js";
import type { Agreement } from "./situation.js";

/**
 * The candidate's ops from which the difference can come: back from the tap to tensors that agree with the original. In order
 * of execution. What lies behind an agreeing tensor is right, or its fault does not show here.
 */
export function findSuspects(trace: Trace, agreements: ReadonlyMap<string, Agreement>): TracedOp[] {
  const tensors = new Map(trace.tensors.map((tensor) => [tensor.id, tensor]));
  const found = new Set<number>();
  const stack = trace.observed === null ? [] : [trace.observed];
  const seen = new Set<string>();
  while (stack.length > 0) {
    const id = stack.pop() as string;
    if (seen.has(id)) continue;
    seen.add(id);
    if (id !== trace.observed && settles(agreements.get(id))) continue;
    const at = opOf(tensors.get(id));
    if (at === null || found.has(at)) continue;
    found.add(at);
    const op = trace.ops[at];
    if (op !== undefined) stack.push(...tensorsIn(op));
  }
  return trace.ops.filter((_, at) => found.has(at));
}

/** The same numbers in another order or another shape are no agreement: the order may be the fault. */
function settles(agreement: Agreement | undefined): boolean {
  return agreement !== undefined && (agreement.how === "same" || agreement.how === "permuted");
}

function opOf(tensor: TracedTensor | undefined): number | null {
  return tensor?.origin.kind === "op" ? tensor.origin.op : null;
}

/** The original's ops between tensors that agree and the target, in order of execution. */
export function findOriginalSuspects(region: OriginalRegion, agreements: ReadonlyMap<string, Agreement>): OriginalOp[] {
  const known = new Set(region.sources);
  for (const agreement of agreements.values()) if (settles(agreement)) known.add(agreement.tensor);
  known.delete(region.target);
  const producer = new Map(region.ops.flatMap((op) => op.outputs.map((output) => [output, op] as const)));
  const found = new Set<OriginalOp>();
  const stack = [region.target];
  while (stack.length > 0) {
    const tensor = stack.pop() as string;
    const op = known.has(tensor) ? undefined : producer.get(tensor);
    if (op === undefined || found.has(op)) continue;
    found.add(op);
    stack.push(...op.inputs);
  }
  return region.ops.filter((op) => found.has(op));
}

/** The smallest piece that can be pointed at: the first suspect all of whose tensors agree, and that gives what does not. */
export function firstWrongOp(
  trace: Trace,
  suspects: readonly TracedOp[],
  agreements: ReadonlyMap<string, Agreement>,
): TracedOp | null {
  const made = new Set(suspects.flatMap((op) => op.outputs));
  const read = suspects.filter((op) => tensorsIn(op).length > 0);
  const isFirst = (op: TracedOp): boolean =>
    tensorsIn(op).every((id) => !made.has(id) || settles(agreements.get(id)) || !reads.has(id));
  // Numbers from nothing (arange, zeros) are nobody's to have or to lack: the call that uses them is pointed at.
  const reads = new Set(read.flatMap((op) => op.outputs));
  return read.find(isFirst) ?? suspects[0] ?? trace.ops.at(-1) ?? null;
}
