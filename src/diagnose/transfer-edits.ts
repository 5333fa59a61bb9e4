import type { Edit, Expression } from "../runners/edits.js";

/**
 * Edits of one layer made for the same layer elsewhere: in `h.0.mlp` → `h.3.mlp` every path that begins as the one does gets
 * the other's number. Paths outside of the repeated blocks stay. Null when a place has another structure.
 */
export function transferEdits(edits: readonly Edit[], from: string, to: string): readonly Edit[] | null {
  const [source, target] = [from.split("."), to.split(".")];
  if (source.length !== target.length) return null;
  const move = (path: string): string => {
    const parts = path.split(".");
    let alike = true;
    return parts
      .map((part, i) => {
        const here = source[i];
        if (!alike || here === undefined) return part;
        // A tap id ends in a call or slot that a path does not have: `attn[0]`.
        if (here.replace(/[@[].*$/, "") !== part.replace(/[@[].*$/, "")) {
          alike = false;
          return part;
        }
        const there = target[i] ?? part;
        return /^\d+$/.test(part) ? there : part;
      })
      .join(".");
  };
  return edits.map((edit) => moveEdit(edit, move));
}

function moveEdit(edit: Edit, move: (path: string) => string): Edit {
  switch (edit.kind) {
    case "op":
      return { ...edit, op: { ...edit.op, module: move(edit.op.module) }, value: moveIn(edit.value, move) };
    case "output":
      return { ...edit, tap: move(edit.tap), value: moveIn(edit.value, move) };
    case "input":
      return { ...edit, module: move(edit.module), value: moveIn(edit.value, move) };
    case "parameter":
      return { ...edit, parameter: move(edit.parameter), value: moveIn(edit.value, move) };
    case "attribute":
      return { ...edit, module: move(edit.module) };
  }
}

function moveIn(expression: Expression, move: (path: string) => string): Expression {
  if (expression === null || typeof expression !== "object") return expression;
  if (isList(expression)) return expression.map((one) => moveIn(one, move));
  switch (expression.$) {
    case "parameter":
      return { ...expression, name: move(expression.name) };
    case "result":
      return { ...expression, op: { ...expression.op, module: move(expression.op.module) } };
    case "tap":
      return { ...expression, tap: move(expression.tap) };
    case "call":
      return {
        ...expression,
        args: expression.args.map((one) => moveIn(one, move)),
        ...(expression.kwargs === undefined ? {} : { kwargs: moveAll(expression.kwargs, move) }),
      };
    case "original":
      return expression.arguments === undefined
        ? expression
        : { ...expression, arguments: moveAll(expression.arguments, move) };
    default:
      return expression;
  }
}

function isList(expression: Expression): expression is readonly Expression[] {
  return Array.isArray(expression);
}

function moveAll(
  named: Readonly<Record<string, Expression>>,
  move: (path: string) => string,
): Record<string, Expression> {
  return Object.fromEntries(Object.entries(named).map(([key, one]) => [key, moveIn(one, move)]));
}
