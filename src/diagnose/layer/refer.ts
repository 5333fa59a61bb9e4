import type { Expression, TracedOp } from "../../runners/edits.js";
import { parameterOf, resultOf } from "../express.js";
import { tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";

/**
 * An expression for a tensor of the trace, to be used in an edit of `at`: an argument of `at` itself where it is one, else
 * what made it. Null when nothing can name it (a model input that is no argument) or it is made after `at`.
 */
export function refer(situation: Situation, tensor: string, at: TracedOp): Expression | null {
  const own = argumentHolding(at, tensor);
  if (own !== null) return { $: "argument", at: own };
  return referFromAnywhere(situation, tensor, at);
}

/** The same where no call is edited, or the tensor is no argument of it. */
export function referFromAnywhere(situation: Situation, tensor: string, before: TracedOp | null): Expression | null {
  const origin = situation.tensors.get(tensor)?.origin;
  if (origin?.kind === "parameter") return parameterOf(origin.name);
  if (origin?.kind === "tap") return { $: "tap", tap: origin.tap };
  if (origin?.kind !== "op") return null;
  const maker = situation.ops[origin.op];
  if (maker === undefined || (before !== null && situation.ops.indexOf(before) <= origin.op)) return null;
  return resultOf(maker, Math.max(0, maker.outputs.indexOf(tensor)));
}

/** Position or keyword of the argument that is this tensor itself (not one in a list). */
export function argumentHolding(op: TracedOp, tensor: string): string | null {
  const position = op.args.findIndex((one) => "tensor" in one && one.tensor === tensor);
  if (position !== -1) return String(position);
  const keyword = Object.entries(op.kwargs).find(([, one]) => "tensor" in one && one.tensor === tensor);
  return keyword?.[0] ?? null;
}

/** The tensor that a call works on: its first. */
export function inputOf(op: TracedOp): string | null {
  return tensorsIn(op)[0] ?? null;
}

/** The only tensor that a call gives. */
export function outputOf(op: TracedOp): string | null {
  return op.outputs.length === 1 ? (op.outputs[0] ?? null) : null;
}
