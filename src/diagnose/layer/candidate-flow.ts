import type { TracedOp } from "../../runners/edits.js";
import { producerOf, readersOf, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";

/** Calls that can be reached from a call's results within a few steps, nearest first. */
export function callsAfter(situation: Situation, op: TracedOp, steps: number): TracedOp[] {
  const reached = new Set<TracedOp>();
  let front = [op];
  for (let step = 0; step < steps && front.length > 0; step++) {
    front = front.flatMap((one) => one.outputs.flatMap((output) => readersOf(situation, output)));
    for (const one of front) reached.add(one);
  }
  return [...reached];
}

/** Calls from which a call's arguments come, within a few steps back, nearest first. */
export function callsBefore(situation: Situation, op: TracedOp, steps: number): TracedOp[] {
  const reached = new Set<TracedOp>();
  let front = [op];
  for (let step = 0; step < steps && front.length > 0; step++) {
    front = front.flatMap((one) => tensorsIn(one).flatMap((tensor) => producerOf(situation, tensor) ?? []));
    for (const one of front) reached.add(one);
  }
  return [...reached];
}

/**
 * The suspects and the calls that feed them. One of those may be wrong although what it gives agrees: an epsilon far below the
 * variance that it is added to changes nothing, and the original's would.
 */
export function suspectsAndFeeders(situation: Situation): TracedOp[] {
  const near = new Set(situation.suspects.flatMap((op) => [op, ...callsBefore(situation, op, 1)]));
  return situation.ops.filter((op) => near.has(op));
}
