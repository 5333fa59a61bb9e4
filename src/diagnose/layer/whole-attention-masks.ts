import type { Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, callWith, original } from "../express.js";
import { argumentKey, findArgument, patternsOf } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";
import { formatConstant } from "./format-constant.js";
import { editsOf, propose } from "./hypothesis.js";
import { nameOf, writtenAt } from "./written-at.js";

const FAR_BELOW = -1e10;

/** Inputs of the original that by their names say which positions are to be seen, as [batch, length] of 0 and 1. */
export function fedMasks(situation: Situation): { readonly tensor: string; readonly mask: Expression }[] {
  return [...situation.inputFiles]
    .filter(([tensor]) => /mask|pad|valid/i.test(tensor))
    .map(([tensor, files]) => ({
      tensor,
      mask: callWith("Tensor.to", [{ $: "tensor", files }], { dtype: { $: "dtype", name: "float32" } }),
    }));
}

/** Masks of an attention that is one call with its projections inside, as nn.MultiheadAttention makes it. */
export function seeWholeAttention(situation: Situation): Hypothesis[] {
  return situation.suspects
    .filter((op) => op.key.name === "multi_head_attention_forward")
    .flatMap((op) => [...ignored(situation, op), ...turnedRound(situation, op), ...causal(situation, op)]);
}

/** The mask that the original is fed: a floating one is added to the scores. */
function ignored(situation: Situation, op: TracedOp): Hypothesis[] {
  const constant = -Math.abs(patternsOf(situation, "mask")[0]?.constant.value ?? -1e4);
  const at = writtenAt(situation, op);
  return fedMasks(situation).map(({ tensor, mask }) => {
    const bias = call("torch.mul", call("torch.rsub", mask, 1), constant);
    const name = tensor.replace(/:0$/, "");
    const now = findArgument(op, "key_padding_mask");
    const hasMask = now !== null && "tensor" in now.argument;
    return propose(situation, {
      cause: "attention-mask",
      message: hasMask
        ? `the original masks padded positions by ${name} with ${formatConstant(constant)}, the port by another mask (${nameOf(at, op)})`
        : `the original masks padded positions by ${name}, the port does not (${nameOf(at, op)})`,
      evidence: ["rows without padding agree"],
      edits: editsOf(op, original({ [argumentKey(op, "key_padding_mask")]: bias })),
      change: `key_padding_mask = (1 - mask) · ${formatConstant(constant)}`,
      fix: "key_padding_mask=mask == 0",
      prior: hasMask ? 0.6 : 0.7,
      source: at.source,
    });
  });
}

/** True hides a position there: a mask of what is to be seen hides the rest. */
function turnedRound(situation: Situation, op: TracedOp): Hypothesis[] {
  const at = writtenAt(situation, op);
  return ["key_padding_mask", "attn_mask"].flatMap((name) => {
    const found = findArgument(op, name);
    if (found === null || !("tensor" in found.argument)) return [];
    if (situation.tensors.get(found.argument.tensor)?.dtype !== "bool") return [];
    return [
      propose(situation, {
        cause: "attention-mask",
        message: `the port's mask hides what the original's lets through, and the reverse (${nameOf(at, op)})`,
        edits: editsOf(op, original({ [found.at]: call("torch.logical_not", argument(found.at)) })),
        change: "the mask inverted",
        fix: `${name}=~mask`,
        prior: 0.65,
        source: at.source,
      }),
    ];
  });
}

/** Positions after each one hidden. The query is [length, batch, width] where the call is made. */
function causal(situation: Situation, op: TracedOp): Hypothesis[] {
  const now = findArgument(op, "attn_mask");
  if (now !== null && "tensor" in now.argument) return [];
  const at = writtenAt(situation, op);
  const column = call("torch.narrow", call("torch.select", argument(0), 1, 0), 1, 0, 1);
  const square = call("torch.matmul", column, call("torch.transpose", column, 0, 1));
  return [
    propose(situation, {
      cause: "attention-mask",
      message: "the original lets each position see only those before it (a causal mask), the port lets it see all",
      evidence: ["a single position cannot show it: it needs a sequence"],
      edits: editsOf(
        op,
        original({ [argumentKey(op, "attn_mask")]: call("torch.triu", call("torch.full_like", square, FAR_BELOW), 1) }),
      ),
      change: "positions after each one masked",
      fix: "attn_mask=torch.ones(T, T, dtype=torch.bool).triu(1)",
      prior: 0.6,
      source: at.source,
    }),
  ];
}
