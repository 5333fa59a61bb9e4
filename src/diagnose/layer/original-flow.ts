import type { Situation } from "../situation.js";

/** Op types of the original that can be reached from a tensor within a few steps, nearest first. */
export function opsAfter(situation: Situation, tensor: string, steps: number): string[] {
  const reached: string[] = [];
  let front = new Set([tensor]);
  for (let step = 0; step < steps && front.size > 0; step++) {
    const next = situation.original.region.ops.filter((op) => op.inputs.some((input) => front.has(input)));
    reached.push(...next.map((op) => op.op));
    front = new Set(next.flatMap((op) => op.outputs));
  }
  return reached;
}
