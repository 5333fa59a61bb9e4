import { ParityError } from "../errors.js";
import type { Edit, Expression } from "./edits.js";
import { castValue, permuteValue, readValue, type Value } from "./onnx-values.js";

/** Gives a parameter's value; undefined when there is none of that name. */
export type ValueOf = (parameter: string) => Value | undefined;

/**
 * The values that edits give to parameters, by name. An ONNX model has no code to change: every other edit is refused, and so is
 * an expression that needs torch. Throws CANDIDATE_FAILED with the reason.
 */
export function evaluateEdits(edits: readonly Edit[], parameterOf: ValueOf): ReadonlyMap<string, Value> {
  const made = new Map<string, Value>();
  const current: ValueOf = (name) => made.get(name) ?? parameterOf(name);
  for (const edit of edits) {
    if (edit.kind !== "parameter") throw refuse(`an ONNX graph has no ${WHAT[edit.kind]} that could be changed`);
    const before = current(edit.parameter);
    if (before === undefined) throw refuse(`the model has no parameter ${edit.parameter}`);
    const value = evaluate(edit.value, before, current);
    if (value.shape.join() !== before.shape.join()) {
      throw refuse(`${edit.parameter} has the shape [${before.shape.join(", ")}], not [${value.shape.join(", ")}]`);
    }
    made.set(edit.parameter, castValue(value, before.dtype));
  }
  return made;
}

const WHAT: Readonly<Record<Exclude<Edit["kind"], "parameter">, string>> = {
  op: "functional call",
  output: "module's code",
  input: "module's call",
  attribute: "module's attribute",
};

function refuse(reason: string): ParityError {
  return new ParityError("CANDIDATE_FAILED", reason);
}

function evaluate(expression: Expression, self: Value, parameterOf: ValueOf): Value {
  if (typeof expression === "object" && expression !== null && "$" in expression) {
    switch (expression.$) {
      case "self":
        return self;
      case "parameter": {
        const value = parameterOf(expression.name);
        if (value === undefined) throw refuse(`the model has no parameter ${expression.name}`);
        return value;
      }
      case "tensor":
        if ("file" in expression) return readValue(expression.file, expression.tensor);
        break;
      case "call": {
        const [of] = expression.args;
        if (of !== undefined && expression.args.length === 1 && isTransposition(expression.fn)) {
          const value = evaluate(of, self, parameterOf);
          return permuteValue(
            value,
            value.shape.map((_, axis) => value.shape.length - 1 - axis),
          );
        }
        throw refuse(`${expression.fn} is a function of torch, which an ONNX candidate does not have`);
      }
    }
  }
  throw refuse("the experiment computes what an ONNX candidate cannot");
}

function isTransposition(fn: string): boolean {
  return fn === "torch.t" || fn === "Tensor.t" || fn === "torch.Tensor.t";
}
