import type { Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, self } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** Features split into heads as (size, heads) instead of (heads, size), or put together again without turning them back. */
export const seeHeadLayout: SeeCause = (situation) => {
  const calls = situation.suspects.filter((op) => /^(view|reshape|unflatten|flatten)$/.test(op.key.name));
  const splits = calls.flatMap((op) => (split(situation, op) === null ? [] : [op]));
  // Query, key and value are split alike: the fault is in all of them, or in one.
  const together = splits.length > 1 ? [splits, ...splits.map((op) => [op])] : splits.map((op) => [op]);
  return [...together.map((ops) => otherSplit(situation, ops)), ...calls.flatMap((op) => otherMerge(situation, op))];
};

interface Split {
  readonly heads: number;
  readonly size: number;
  /** Axes between those that stay and the heads: query, key and value of a joined projection. */
  readonly before: readonly number[];
}

/** How a call splits the last axis, heads and size last; null for any other call. */
function split(situation: Situation, op: TracedOp): Split | null {
  const from = situation.tensors.get(tensorsIn(op)[0] ?? "")?.shape;
  const to = situation.tensors.get(op.outputs[0] ?? "")?.shape;
  if (from === undefined || to === undefined || to.length <= from.length) return null;
  const parts = to.slice(from.length - 1);
  const [heads, size] = parts.slice(-2);
  if (heads === undefined || size === undefined || heads === 1 || size === 1) return null;
  if (parts.reduce((a, b) => a * b, 1) !== from.at(-1)) return null;
  return { heads, size, before: parts.slice(0, -2) };
}

function otherSplit(situation: Situation, ops: readonly TracedOp[]): Hypothesis {
  const first = ops[0] as TracedOp;
  const at = writtenAt(situation, first);
  const { heads, size } = split(situation, first) ?? { heads: 1, size: 1 };
  return propose(situation, {
    cause: "head-layout",
    message: `the port splits its features as (${heads}, ${size}) where the original's order is the other (${nameOf(at, first)})`,
    evidence: ["the values agree after the heads are permuted"],
    edits: ops.flatMap((op) => {
      const own = split(situation, op) ?? { heads: 1, size: 1, before: [] };
      // As it stands the first of the two axes runs slower; here the second does, under the same shape.
      const turned: Expression = call(
        "torch.transpose",
        call("torch.unflatten", argument(0), -1, [...own.before, own.size, own.heads]),
        -1,
        -2,
      );
      return editsOf(op, turned);
    }),
    change: `split as (${size}, ${heads}) and turned`,
    fix: `x.unflatten(-1, (${size}, ${heads})).transpose(-1, -2)`,
    prior: ops.length > 1 ? 0.75 : 0.6,
    source: at.source,
  });
}

function otherMerge(situation: Situation, op: TracedOp): Hypothesis[] {
  const from = situation.tensors.get(tensorsIn(op)[0] ?? "")?.shape;
  const to = situation.tensors.get(op.outputs[0] ?? "")?.shape;
  if (from === undefined || to === undefined || from.length !== to.length + 1 || from.length < 3) return [];
  const at = writtenAt(situation, op);
  const axes: [number, number][] = [
    [-1, -2],
    [1, 2],
    [-2, -3],
  ];
  return axes.map(([a, b], i) =>
    propose(situation, {
      cause: "head-layout",
      message: `the port puts its heads together in another order than the original: axes ${a} and ${b} stand the other way round (${nameOf(at, op)})`,
      evidence: ["the values agree after the heads are permuted"],
      edits: editsOf(op, call("Tensor.reshape_as", call("torch.transpose", argument(0), a, b), self)),
      change: `transpose(${a}, ${b}) before the heads are merged`,
      fix: `x = x.transpose(${a}, ${b}).reshape(batch, length, -1)`,
      prior: 0.7 - i * 0.02,
      source: at.source,
    }),
  );
}
