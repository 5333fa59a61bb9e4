import type { Expression } from "../../runners/edits.js";
import { argument, call, original } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { referFromAnywhere } from "../layer/refer.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { findArgument, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** Parts of a concatenation that are tried in every order. */
const MOST_PARTS = 4;

/** Channels in another order: BGR for RGB at the input, or the parts of a concatenation the other way round. */
export const seeChannelOrder: SeeCause = (situation) => [
  ...situation.suspects.flatMap((op) => [...reversedInput(situation, op), ...leftReversed(situation, op)]),
  ...situation.suspects.flatMap((op) => exchangedParts(situation, op)),
];

function reversedInput(situation: Situation, op: Situation["ops"][number]): Hypothesis[] {
  const input = tensorsIn(op)[0] ?? "";
  const isPrepared = /^(sub|div|mul|add)$/.test(op.key.name) && isModelInput(situation, input);
  if (!/^_?(conv\dd|linear|matmul|pad)$/.test(op.key.name) && !isPrepared) return [];
  const shape = situation.tensors.get(input)?.shape ?? [];
  const at = writtenAt(situation, op);
  // An image has 3 channels, or 4 with its transparency.
  return shape.flatMap((size, axis) =>
    axis === 0 || (size !== 3 && size !== 4) || shape.length < 3
      ? []
      : [
          propose(situation, {
            cause: "channel-order",
            message: `the port takes its ${size} channels in the opposite order (BGR for RGB) at ${nameOf(at, op)}`,
            evidence: [],
            edits: editsOf(op, original({ "0": call("torch.flip", argument(0), [axis]) })),
            change: `channels reversed: x.flip(${axis})`,
            fix: `x = x.flip(${axis})`,
            prior: 0.5,
            source: at.source,
          }),
        ],
  );
}

/** The model's input, turned at most: what is normalised channel by channel is to be reversed before that. */
function isModelInput(situation: Situation, tensor: string): boolean {
  const origin = situation.tensors.get(tensor)?.origin;
  if (origin?.kind === "input") return true;
  const maker = origin?.kind === "op" ? situation.ops[origin.op] : undefined;
  const from = maker === undefined ? undefined : tensorsIn(maker)[0];
  return (
    maker !== undefined &&
    from !== undefined &&
    /^(permute|transpose|contiguous|to|float|movedim)$/.test(maker.key.name) &&
    isModelInput(situation, from)
  );
}

/** The port reverses channels that the original takes as they come. */
function leftReversed(situation: Situation, op: Situation["ops"][number]): Hypothesis[] {
  const size = situation.tensors.get(tensorsIn(op)[0] ?? "")?.shape ?? [];
  if (op.key.name !== "flip" || !size.some((one) => one === 3 || one === 4)) return [];
  const at = writtenAt(situation, op);
  return [
    propose(situation, {
      cause: "channel-order",
      message: `the port reverses its channels (RGB to BGR), the original takes them as they come (${nameOf(at, op)})`,
      evidence: [],
      edits: editsOf(op, argument(0)),
      change: "channels not reversed",
      fix: "# without flip: the original takes the channels in the order of the input",
      prior: 0.8,
      source: at.source,
    }),
  ];
}

function exchangedParts(situation: Situation, op: Situation["ops"][number]): Hypothesis[] {
  if (!/^(cat|concat|concatenate)$/.test(op.key.name)) return [];
  const list = findArgument(op, "tensors")?.argument ?? op.args[0];
  if (list === undefined || !("list" in list)) return [];
  const parts = list.list.map((one) => ("tensor" in one ? referFromAnywhere(situation, one.tensor, op) : null));
  if (parts.length < 2 || parts.length > MOST_PARTS || parts.some((part) => part === null)) return [];
  const known = parts as readonly Expression[];
  const at = writtenAt(situation, op);
  return ordersOf(known.length).map((order) =>
    propose(situation, {
      cause: "channel-order",
      message: `the port concatenates its ${known.length} parts in another order than the original (${nameOf(at, op)})`,
      evidence: [],
      edits: editsOf(op, original({ [findArgument(op, "tensors")?.at ?? "0"]: order.map((i) => known[i] ?? null) })),
      change: `parts in the order ${order.map((i) => i + 1).join(", ")}`,
      fix: `torch.cat([${order.map((i) => `parts[${i}]`).join(", ")}], dim)`,
      prior: 0.6,
      source: at.source,
    }),
  );
}

function ordersOf(count: number): number[][] {
  const orders: number[][] = [];
  const extend = (order: number[]): void => {
    if (order.length === count) orders.push(order);
    for (let i = 0; i < count; i++) if (!order.includes(i)) extend([...order, i]);
  };
  extend([]);
  return orders.filter((order) => order.some((at, i) => at !== i));
}
