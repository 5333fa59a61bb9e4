import type { RegionView } from "./region-view.js";
import type { OriginalOp, Pattern } from "./types.js";

/** Softmax and its logarithm: the ops, on another axis by transposes around them, and written out. */
export function findSoftmaxes(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  const add = (pattern: Pattern | null): void => {
    if (pattern === null) return;
    for (const node of pattern.nodes) view.claimed.add(node);
    found.push(pattern);
  };
  for (const op of view.open("Softmax", "LogSoftmax")) add(matchOp(view, op));
  for (const op of view.open("RealDiv", "Div", "Mul", "Sub")) add(matchFormula(view, op));
  return found;
}

function matchOp(view: RegionView, op: OriginalOp): Pattern {
  const own = `${op.node}:0`;
  const [input = ""] = op.inputs;
  const log = op.op === "LogSoftmax";
  const before = view.producerOf(input, "Transpose");
  const order = view.integers(before?.inputs[1]);
  for (const after of view.readers(own)) {
    const back = after.op === "Transpose" ? view.integers(after.inputs[1]) : null;
    // The second transpose undoes the first one: what was last in between is the axis.
    if (before === undefined || order === null || back === null) continue;
    if (!back.every((axis, i) => order[axis] === i)) continue;
    const nodes = [before.node, op.node, after.node];
    return softmax(log, order.at(-1) ?? -1, before.inputs[0] ?? "", `${after.node}:0`, nodes);
  }
  return softmax(log, view.countAxes([-1], input)[0] ?? -1, input, own, [op.node]);
}

/** exp(x)/Σexp(x), and x − log Σexp(x); with or without the maximum taken off first. */
function matchFormula(view: RegionView, op: OriginalOp): Pattern | null {
  const own = `${op.node}:0`;
  const [a = "", b = ""] = op.inputs;
  if (op.op === "Sub") {
    const sum = view.producerOf(view.producerOf(view.bare(b), "Log")?.inputs[0], "Sum");
    const exp = view.producerOf(sum?.inputs[0], "Exp");
    if (sum === undefined || exp === undefined || view.settle(exp.inputs[0] ?? "") !== view.settle(a)) return null;
    return written(view, true, sum, a, own);
  }
  const inverse = op.op === "Mul" ? view.producerOf(b, "Reciprocal", "Inv")?.inputs[0] : b;
  const exp = view.producerOf(a, "Exp");
  const sum = inverse === undefined ? undefined : view.producerOf(view.bare(inverse), "Sum");
  if (exp === undefined || sum === undefined) return null;
  // The exponential may be written twice.
  const again = view.producerOf(sum.inputs[0], "Exp");
  const isSame = again !== undefined && view.settle(again.inputs[0] ?? "") === view.settle(exp.inputs[0] ?? "");
  return isSame ? written(view, false, sum, exp.inputs[0] ?? "", own) : null;
}

function written(view: RegionView, log: boolean, sum: OriginalOp, argument: string, output: string): Pattern | null {
  const axes = view.integers(sum.inputs[1]);
  if (axes === null || axes.length !== 1) return null;
  const shifted = view.producerOf(argument, "Sub");
  const largest = view.producerOf(view.bare(shifted?.inputs[1] ?? ""), "Max");
  const x = view.settle(shifted?.inputs[0] ?? "");
  const input = largest !== undefined && view.settle(largest.inputs[0] ?? "") === x ? x : view.settle(argument);
  return softmax(log, view.countAxes(axes, input)[0] ?? -1, input, output, view.nodesBetween(output, [input]));
}

function softmax(log: boolean, axis: number, input: string, output: string, nodes: readonly string[]): Pattern {
  return { kind: "softmax", log, axis, input, output, nodes };
}
