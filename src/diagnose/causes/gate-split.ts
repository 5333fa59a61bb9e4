import type { Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, editOp, original, tensorOf } from "../express.js";
import { propose, strongest } from "../layer/hypothesis.js";
import { argumentHolding, inputOf } from "../layer/refer.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { patternsOf, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

const SPLITS: ReadonlySet<string> = new Set(["chunk", "split", "tensor_split"]);
const MOST_GATES = 4;

/** The port takes the blocks of a cell's products for other gates than the original does. */
export const seeGateSplit: SeeCause = (situation) => {
  const cells = patternsOf(situation, "recurrent");
  const counts = new Set(patternsOf(situation, "split").map((pattern) => pattern.count));
  const groups = new Map<string, TracedOp[]>();
  const read = new Set(situation.suspects.flatMap(tensorsIn));
  const suspects = new Set(situation.suspects);
  for (const op of situation.ops) {
    const count = op.outputs.length;
    // Parts that agree with the original's may still be taken for one another by what reads them.
    if (!suspects.has(op) && !op.outputs.some((part) => read.has(part))) continue;
    if (!SPLITS.has(op.key.name) || count < 2 || count > MOST_GATES || axisOf(situation, op) === null) continue;
    if (cells.length === 0 && !counts.has(count)) continue;
    const id = `${op.key.module} ${count}`;
    groups.set(id, [...(groups.get(id) ?? []), op]);
  }
  return strongest(
    [...groups.values()].flatMap((group) => reorderings(situation, group)),
    24,
  );
};

function reorderings(situation: Situation, group: readonly TracedOp[]): Hypothesis[] {
  const first = group[0];
  if (first === undefined) return [];
  const count = first.outputs.length;
  const named = patternsOf(situation, "recurrent").find((pattern) => pattern.gates.length === count);
  const at = writtenAt(situation, first);
  return orders(count).flatMap((order) => {
    if (order.every((from, i) => from === i)) return [];
    const edits = group.flatMap((op) => {
      const value = reordered(situation, op, order);
      return value === null ? [] : [editOp(op, value)];
    });
    // The k-th part of the repaired split is what the port takes its k-th part for.
    const [own, wanted] = [order.map((from) => named?.gates[from] ?? `block ${from}`), named?.gates ?? null];
    const right = wanted === null ? "another order" : `the order ${wanted.join(", ")}`;
    return [
      propose(situation, {
        cause: "gate-order",
        source: at.source,
        message: `the original's gates lie in ${right}, the port takes them in the order ${own.join(", ")} (${nameOf(at, first)})`,
        evidence:
          named === undefined
            ? []
            : [`what the original does with each block says which gate it is: ${named.gates.join(", ")}`],
        edits,
        change: `the blocks taken in the order ${order.join(", ")}`,
        fix: wanted === null ? `# blocks ${order.join(", ")}` : `${wanted.join(", ")} = gates.chunk(${count}, dim=1)`,
        prior: named === undefined ? 0.5 : 0.7,
      }),
    ];
  });
}

function reordered(situation: Situation, op: TracedOp, order: readonly number[]): Expression | null {
  const input = inputOf(op);
  const key = input === null ? null : argumentHolding(op, input);
  const axis = axisOf(situation, op);
  const size = axis === null ? 0 : (situation.tensors.get(op.outputs[0] ?? "")?.shape[axis] ?? 0);
  if (key === null || axis === null) return null;
  const indices = order.flatMap((from) => Array.from({ length: size }, (_, i) => from * size + i));
  return original({ [key]: call("torch.index_select", argument(key), axis, tensorOf(indices, "int64")) });
}

/** The axis along which a call cuts its input into parts of one size. */
function axisOf(situation: Situation, op: TracedOp): number | null {
  const input = situation.tensors.get(inputOf(op) ?? "")?.shape;
  const parts = op.outputs.map((id) => situation.tensors.get(id)?.shape ?? []);
  const [part = []] = parts;
  if (input === undefined || parts.some((other) => other.join() !== part.join())) return null;
  const axes = input.flatMap((length, axis) => (length === (part[axis] ?? 0) ? [] : [axis]));
  return axes.length === 1 ? (axes[0] ?? null) : null;
}

function orders(count: number): number[][] {
  if (count === 0) return [[]];
  return orders(count - 1).flatMap((rest) =>
    Array.from({ length: count }, (_, at) => [...rest.slice(0, at), count - 1, ...rest.slice(at)]),
  );
}
