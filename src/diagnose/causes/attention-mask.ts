import type { Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, original, self } from "../express.js";
import { formatConstant } from "../layer/format-constant.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { outputOf } from "../layer/refer.js";
import { numberPattern, rule } from "../layer/rewriting.js";
import { fedMasks, seeWholeAttention } from "../layer/whole-attention-masks.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, findArgument, numbersIn, patternsOf, plainValue } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** Numbers beyond this are there to mask. */
const MASKING = 0.5;
const NO_MASK = -1e10;

/** A mask that masks by another constant, at other places, the other way round, or not at all. */
export const seeAttentionMask: SeeCause = (situation) =>
  strongest(
    [
      ...constants(situation),
      ...diagonals(situation),
      ...causal(situation),
      ...padding(situation),
      ...inverted(situation),
      ...compared(situation),
      ...seeWholeAttention(situation),
    ],
    24,
  );

/** Where the scores are: the argument of a softmax, or the mask of a fused attention. */
function scoreCalls(situation: Situation): TracedOp[] {
  // Written out, what is added before the exponential is added to the scores: the sum that divides it comes after.
  return situation.suspects.filter((op) => /^_?(softmax|scaled_dot_product_attention|exp)$/.test(op.key.name));
}

function constants(situation: Situation): Hypothesis[] {
  const wanted = new Map(patternsOf(situation, "mask").map((one) => [one.constant.value, one]));
  return situation.suspects.flatMap((op) => {
    if (!/^(mul|masked_fill|where|full|full_like|fill|sub|add|scalar_tensor|tensor)$/.test(op.key.name)) return [];
    const at = writtenAt(situation, op);
    const written = numbersIn(op).filter(({ value }) => Math.abs(value) > MASKING);
    const infinite = hiddenInfinity(op);
    return [...wanted].flatMap(([value, pattern]) =>
      [...written.map((one) => ({ at: one.at, own: one.value })), ...infinite].flatMap((one) => {
        const sign = one.own < 0 ? -1 : 1;
        const wantedHere = sign * Math.abs(value);
        if (one.own === wantedHere) return [];
        return [
          propose(situation, {
            cause: "attention-mask",
            message: `the original masks with ${formatConstant(value)} (\`${pattern.constant.node}\`), the port with ${formatConstant(one.own)} (${nameOf(at, op)})`,
            evidence: ["the two agree but where a whole row is masked, or the constant is too small to hide anything"],
            edits: editsOf(op, original({ [one.at]: wantedHere })),
            change: `masked with ${formatConstant(wantedHere)}`,
            fix: `${formatConstant(wantedHere)}  # instead of ${formatConstant(one.own)}`,
            prior: Math.abs(one.own) >= 1 ? 0.9 : 0.5,
            source: at.source,
            rewrite: Number.isFinite(one.own)
              ? rule(at.source, { find: numberPattern(one.own), replace: formatConstant(wantedHere) })
              : rule(at.source, {
                  find: "float\\([\"']-inf[\"']\\)|-?(torch|math|np)\\.inf|torch\\.finfo\\([^)]*\\)\\.min",
                  replace: formatConstant(wantedHere),
                }),
          }),
        ];
      }),
    );
  });
}

/** An infinity is no JSON number: it comes as text. */
function hiddenInfinity(op: TracedOp): { at: string; own: number }[] {
  return op.args.flatMap((one, i) =>
    "other" in one && /^-?inf$/.test(one.other) ? [{ at: String(i), own: Number.NEGATIVE_INFINITY }] : [],
  );
}

function diagonals(situation: Situation): Hypothesis[] {
  return situation.suspects.flatMap((op) => {
    if (!/^(tril|triu)$/.test(op.key.name)) return [];
    const at = writtenAt(situation, op);
    const own = plainValue(op, "diagonal");
    const offset = typeof own === "number" ? own : 0;
    const other = op.key.name === "tril" ? "triu" : "tril";
    const turned = [1, 0, -1].map((diagonal) =>
      propose(situation, {
        cause: "attention-mask",
        message: `the port's causal mask is the other triangle: ${op.key.name}(${offset}) hides what ${other}(${diagonal}) is to hide (${nameOf(at, op)})`,
        evidence: [],
        edits: editsOf(op, call(`torch.${other}`, argument(0), diagonal)),
        change: `${other}(${diagonal})`,
        fix: `torch.${other}(mask, diagonal=${diagonal})`,
        prior: 0.75 - Math.abs(diagonal - 1) * 0.02,
        source: at.source,
        rewrite: rule(at.source, { find: `${op.key.name}\\(\\s*-?\\d*\\s*\\)`, replace: `${other}(${diagonal})` }),
      }),
    );
    return [
      ...turned,
      ...[-2, -1, 0, 1, 2]
        .filter((other) => other !== offset)
        .map((other) =>
          propose(situation, {
            cause: "attention-mask",
            message: `the port's causal mask begins at another diagonal: ${op.key.name} with diagonal ${offset} where ${other} gives the original's (${nameOf(at, op)})`,
            evidence: [],
            edits: editsOf(op, original({ [argumentKey(op, "diagonal")]: other })),
            change: `diagonal=${other}`,
            fix: `torch.${op.key.name}(mask, diagonal=${other})`,
            prior: 0.8 - Math.abs(other) * 0.05,
            source: at.source,
            rewrite: rule(at.source, { find: `diagonal\\s*=\\s*${offset}\\b`, replace: `diagonal=${other}` }),
          }),
        ),
    ];
  });
}

/** Scores with everything after each position (and `shift` more) taken out. */
function hideAfter(scores: Expression, shift: number): Expression {
  return call("torch.sub", scores, call("torch.triu", call("torch.full_like", scores, -NO_MASK), shift));
}

function causal(situation: Situation): Hypothesis[] {
  return scoreCalls(situation).flatMap((op) => {
    const at = writtenAt(situation, op);
    if (op.key.name === "scaled_dot_product_attention") {
      const now = plainValue(op, "is_causal") === true;
      const value = original({ [argumentKey(op, "is_causal")]: !now, ...(now ? {} : noMask(op)) });
      return [proposeCausal(situation, op, value, `is_causal=${now ? "False" : "True"}`, now, at.source)];
    }
    return [
      proposeCausal(
        situation,
        op,
        original({ "0": hideAfter(argument(0), 1) }),
        "positions after each one masked",
        false,
        at.source,
      ),
    ];
  });
}

/** A fused attention takes either a mask or the flag. */
function noMask(op: TracedOp): Record<string, Expression> {
  return findArgument(op, "attn_mask") === null ? {} : { [argumentKey(op, "attn_mask")]: null };
}

function proposeCausal(
  situation: Situation,
  op: TracedOp,
  value: Expression,
  change: string,
  hasMask: boolean,
  source: Hypothesis["source"],
): Hypothesis {
  const { shape } = situation.candidate;
  return propose(situation, {
    cause: "attention-mask",
    message: hasMask
      ? "the port lets each position see only those before it, the original does not"
      : "the original lets each position see only those before it (a causal mask), the port lets it see all",
    evidence: shape.length > 1 ? ["a single position cannot show it: it needs a sequence"] : [],
    edits: editsOf(op, value),
    change,
    fix: hasMask ? "is_causal=False" : "scores = scores.masked_fill(torch.ones(T, T, dtype=torch.bool).triu(1), -1e10)",
    prior: 0.6,
    source,
  });
}

/** The mask that the original is fed, applied to the scores: it is there on one side only. */
function padding(situation: Situation): Hypothesis[] {
  const constant = patternsOf(situation, "mask")[0]?.constant.value ?? -1e4;
  return fedMasks(situation).flatMap(({ tensor, mask }) => {
    // [batch, length] → [batch, 1, 1, length]
    const wide = call("torch.unsqueeze", call("torch.unsqueeze", mask, 1), 1);
    const bias = call("torch.mul", call("torch.rsub", wide, 1), -Math.abs(constant));
    return scoreCalls(situation).map((op) => {
      const at = writtenAt(situation, op);
      const value =
        op.key.name === "scaled_dot_product_attention"
          ? original({ [argumentKey(op, "attn_mask")]: bias })
          : original({ "0": call("torch.add", argument(0), bias) });
      return propose(situation, {
        cause: "attention-mask",
        message: `the original masks padded positions by ${tensor.replace(/:0$/, "")}, the port does not (${nameOf(at, op)})`,
        evidence: ["rows without padding agree"],
        edits: editsOf(op, value),
        change: `the mask added to the scores as (1 - mask) · ${formatConstant(-Math.abs(constant))}`,
        fix: `scores = scores + (1.0 - mask[:, None, None, :]) * ${formatConstant(-Math.abs(constant))}`,
        prior: 0.7,
        source: at.source,
      });
    });
  });
}

function inverted(situation: Situation): Hypothesis[] {
  return situation.suspects.flatMap((op) => {
    const at = writtenAt(situation, op);
    const head = {
      cause: "attention-mask",
      message: `the port's mask hides what the original's lets through, and the reverse (${nameOf(at, op)})`,
      evidence: [],
      change: "the mask inverted",
      prior: 0.65,
      source: at.source,
    } as const;
    if (op.key.name === "masked_fill") {
      const flipped = original({ "1": call("torch.logical_not", argument(1)) });
      return [propose(situation, { ...head, edits: editsOf(op, flipped), fix: "scores.masked_fill(~mask, value)" })];
    }
    if (op.key.name === "where") {
      const flipped = original({ "0": call("torch.logical_not", argument(0)) });
      return [propose(situation, { ...head, edits: editsOf(op, flipped), fix: "torch.where(~mask, a, b)" })];
    }
    // (1 - mask) · c or mask · c: the product is turned round.
    const factor = op.key.name === "mul" ? numbersIn(op).find(({ value }) => Math.abs(value) >= 100) : undefined;
    if (factor === undefined) return [];
    return [
      propose(situation, {
        ...head,
        edits: editsOf(op, call("torch.rsub", self, factor.value)),
        fix: `(1.0 - mask) * ${formatConstant(factor.value)}`,
      }),
    ];
  });
}

const COMPARISONS: Readonly<Record<string, string>> = { ge: ">=", gt: ">", le: "<=", lt: "<" };

/** A mask made by comparing positions, or by asking what is padding: the comparison is another one. */
function compared(situation: Situation): Hypothesis[] {
  return situation.suspects.flatMap((op) => {
    const name = op.key.name.replace(/^__|__$/g, "");
    const opposite = name === "eq" ? "ne" : name === "ne" ? "eq" : null;
    const sign = COMPARISONS[name];
    const rank = situation.tensors.get(outputOf(op) ?? "")?.shape.length ?? 0;
    if (rank < 2 || (sign === undefined && opposite === null)) return [];
    const at = writtenAt(situation, op);
    const others = opposite === null ? Object.keys(COMPARISONS).filter((other) => other !== name) : [opposite];
    const signs: Readonly<Record<string, string>> = { ...COMPARISONS, eq: "==", ne: "!=" };
    return others.map((other) =>
      propose(situation, {
        cause: "attention-mask",
        message: `the port's mask is made with ${signs[name]} where ${signs[other]} gives the original's (${nameOf(at, op)})`,
        evidence: [],
        edits: editsOf(op, call(`torch.${other}`, argument(0), argument(1))),
        change: `${signs[other]} instead of ${signs[name]}`,
        fix: `${signs[other]}  # instead of ${signs[name]}`,
        prior: 0.75,
        source: at.source,
        rewrite: rule(at.source, { find: `(?<![<>=!-])${signs[name]}(?!=)`, replace: signs[other] ?? "" }),
      }),
    );
  });
}
