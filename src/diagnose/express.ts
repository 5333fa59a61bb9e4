import type { Edit, Expression, TracedOp } from "../runners/edits.js";

/** Builders for the expressions of experiments. Causes write `call("torch.mul", self, 2)` instead of JSON. */

/** The value that is edited. */
export const self: Expression = { $: "self" };
export const negativeInfinity: Expression = { $: "number", value: "-inf" };

/** A function of torch, torch.nn.functional (`F.`) or torch.Tensor (`Tensor.`). */
export function call(fn: string, ...args: readonly Expression[]): Expression {
  return { $: "call", fn, args };
}

export function callWith(
  fn: string,
  args: readonly Expression[],
  kwargs: Readonly<Record<string, Expression>>,
): Expression {
  return { $: "call", fn, args, kwargs };
}

/** An argument of the edited call. */
export function argument(at: number | string): Expression {
  return { $: "argument", at };
}

export function parameterOf(name: string): Expression {
  return { $: "parameter", name };
}

/** What an earlier functional call gave. */
export function resultOf(op: TracedOp, slot = 0): Expression {
  return { $: "result", op: op.key, slot };
}

/** The edited call with some arguments exchanged; keys are positions or keywords. */
export function original(changed: Readonly<Record<string, Expression>> = {}): Expression {
  return { $: "original", arguments: changed };
}

/** The functional call gives `value` instead. */
export function editOp(op: TracedOp, value: Expression): Edit {
  return { kind: "op", op: op.key, value };
}

/** A tensor constant from numbers. */
export function tensorOf(values: readonly number[], dtype = "float32"): Expression {
  return callWith("torch.tensor", [values], { dtype: { $: "dtype", name: dtype } });
}
