import type { Edit, Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, callWith, original } from "../express.js";
import { callsAfter } from "../layer/candidate-flow.js";
import { formatConstant, shortest } from "../layer/format-constant.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { findNormCalls, findWrittenEpsilons, isRoot, type WrittenEpsilon } from "../layer/norm-calls.js";
import { type Normalisation, normalise, rooted } from "../layer/normalise.js";
import { refer } from "../layer/refer.js";
import { rule } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, findArgument, patternsOf, plainValue, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

type Placement = Normalisation["placement"];

const WORDS: Readonly<Record<Placement, string>> = {
  inside: "√(v + ε)",
  outside: "√v + ε",
  maximum: "√max(v, ε)",
};

interface Wanted {
  readonly placement: Placement;
  readonly value: number;
  readonly node: string | null;
  readonly prior: number;
}

/** Epsilon added outside of the root instead of inside, or the reverse, or taken as a bound. */
export const seeNormEpsilonPlacement: SeeCause = (situation) =>
  strongest([
    ...findWrittenEpsilons(situation).flatMap((written) =>
      wantedFor(situation, written.placement, written.value).flatMap((wanted) => move(situation, written, wanted)),
    ),
    ...findNormCalls(situation).flatMap(({ op, variant, epsilon }) =>
      variant === "layer" || variant === "rms"
        ? wantedFor(situation, "inside", epsilon ?? 2 ** -23).map((wanted) => writeOut(situation, op, variant, wanted))
        : variant === "l2"
          ? boundSquares(situation, op, epsilon)
          : [],
    ),
  ]);

function wantedFor(situation: Situation, own: Placement, value: number): Wanted[] {
  const seen = patternsOf(situation, "normalisation").flatMap(({ epsilon, placement }) =>
    epsilon === null || placement === null || placement === own
      ? []
      : [{ placement, value: shortest(epsilon.value), node: epsilon.node, prior: 0.9 }],
  );
  if (seen.length > 0) return seen;
  const others = (["inside", "outside", "maximum"] as const).filter((placement) => placement !== own);
  return others.map((placement) => ({ placement, value, node: null, prior: 0.3 }));
}

/** The number stays in the formula and moves: before the root, behind it, or into a bound. */
function move(situation: Situation, written: WrittenEpsilon, wanted: Wanted): Hypothesis[] {
  const { op, placement } = written;
  const root = callsAfter(situation, op, 1).find(isRoot);
  // The call that gives the wrong root, and the variance that it is of.
  const [at, variance] = root === undefined ? [op, squared()] : [root, behind(situation, op, root)];
  if (variance === null) return [];
  const value = rooted(variance, wanted.value, wanted.placement);
  const edits = editsOf(at, root !== undefined && isReciprocal(root) ? call("torch.reciprocal", value) : value);
  return [say(situation, op, placement, wanted, edits, `${WORDS[wanted.placement]} instead of ${WORDS[placement]}`)];
}

/** The argument of an epsilon outside of the root is a root itself: its square is the variance. */
function squared(): Expression {
  return call("torch.square", argument(0));
}

/** The variance that `added + ε` adds to, named from the root that follows. */
function behind(situation: Situation, added: TracedOp, root: TracedOp): Expression | null {
  const variance = tensorsIn(added)[0];
  return variance === undefined ? null : refer(situation, variance, root);
}

function isReciprocal(root: TracedOp): boolean {
  if (root.key.name === "rsqrt") return true;
  return root.key.name === "pow" && Number(plainValue(root, "exponent") ?? 0) < 0;
}

/** A norm of torch always adds inside of the root: for another place it is written out. */
function writeOut(situation: Situation, op: TracedOp, variant: "layer" | "rms", wanted: Wanted): Hypothesis {
  const axes = plainValue(op, "normalized_shape");
  const rank = Array.isArray(axes) ? axes.length : 1;
  const [weight, bias] = ["weight", "bias"].map((name) => {
    const found = findArgument(op, name);
    return found !== null && "tensor" in found.argument ? argument(argumentKey(op, name)) : null;
  });
  const value = normalise(argument(0), {
    dims: Array.from({ length: rank }, (_, i) => i - rank),
    centred: variant === "layer",
    epsilon: wanted.value,
    placement: wanted.placement,
    weight: weight ?? null,
    bias: bias ?? null,
  });
  return say(
    situation,
    op,
    "inside",
    wanted,
    editsOf(op, value),
    `${op.key.name} written out with ${WORDS[wanted.placement]}`,
  );
}

/** F.normalize divides by max(‖x‖, ε), tf.nn.l2_normalize by √max(‖x‖², ε): the same number bounds elsewhere. */
function boundSquares(situation: Situation, op: TracedOp, epsilon: number | null): Hypothesis[] {
  return patternsOf(situation, "normalisation").flatMap((pattern) => {
    if (pattern.epsilon === null || pattern.placement === "outside" || pattern.placement === null) return [];
    const value = shortest(pattern.epsilon.value);
    if (pattern.placement === "maximum" && value !== epsilon) return [];
    const dim = plainValue(op, "dim") ?? 1;
    const edits =
      pattern.placement === "maximum"
        ? editsOf(op, original({ [argumentKey(op, "eps")]: Math.sqrt(value) }))
        : editsOf(
            op,
            call(
              "torch.div",
              argument(0),
              rooted(
                callWith("torch.sum", [call("torch.square", argument(0))], { dim: Number(dim), keepdim: true }),
                value,
                pattern.placement,
              ),
            ),
          );
    const at = writtenAt(situation, op);
    const root = formatConstant(Math.sqrt(value));
    return [
      propose(situation, {
        cause: "norm-epsilon-placement",
        source: at.source,
        message: `the original bounds the squared norm by ε ${formatConstant(value)} (${pattern.epsilon.node}), F.normalize the norm itself (${nameOf(at, op)})`,
        evidence: [`√ε is ${root}`],
        edits,
        change: `the squared norm bounded by ${formatConstant(value)}`,
        fix:
          pattern.placement === "maximum"
            ? `F.normalize(x, eps=${root})`
            : `x / torch.sqrt((x * x).sum(${Number(dim)}, keepdim=True) + ${formatConstant(value)})`,
        prior: 0.85,
      }),
    ];
  });
}

function say(
  situation: Situation,
  op: TracedOp,
  own: Placement,
  wanted: Wanted,
  edits: readonly Edit[],
  change: string,
): Hypothesis {
  const at = writtenAt(situation, op);
  const held = wanted.node === null ? "" : ` with ε ${formatConstant(wanted.value)} (${wanted.node})`;
  const e = formatConstant(wanted.value);
  return propose(situation, {
    cause: "norm-epsilon-placement",
    source: at.source,
    message: `the original divides by ${WORDS[wanted.placement]}${held}, the port by ${WORDS[own]} (${nameOf(at, op)})`,
    edits,
    change,
    fix: {
      inside: `torch.sqrt(variance + ${e})`,
      outside: `torch.sqrt(variance) + ${e}`,
      maximum: `torch.sqrt(variance.clamp(min=${e}))`,
    }[wanted.placement],
    prior: wanted.prior,
    rewrite: rule(at.source, ...rewritesFor(wanted.placement, own, e)),
  });
}

function rewritesFor(wanted: Placement, own: Placement, e: string): { find: string; replace: string }[] {
  if (wanted === "outside" && own === "inside")
    return [{ find: `torch\\.sqrt\\(([\\w.]+)\\s*\\+\\s*[\\w.+-]+\\)`, replace: `(torch.sqrt($1) + ${e})` }];
  if (wanted === "inside" && own === "outside")
    return [
      { find: `\\(?torch\\.sqrt\\(([\\w.]+)\\)\\s*\\+\\s*[\\w.]+(?:e-\\d+)?\\)?`, replace: `torch.sqrt($1 + ${e})` },
      { find: `\\((\\w*std\\w*|sigma)\\s*\\+\\s*[\\w.]+(?:-\\d+)?\\)`, replace: `torch.sqrt($1 ** 2 + ${e})` },
    ];
  return [];
}
