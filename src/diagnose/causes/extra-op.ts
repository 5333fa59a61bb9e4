import type { TracedOp } from "../../runners/edits.js";
import type { Pattern } from "../../tensorflow/evidence/types.js";
import { argument, editOp, original } from "../express.js";
import { activationOfCall } from "../layer/activation-sites.js";
import { propose, strongest } from "../layer/hypothesis.js";
import { argumentHolding, outputOf } from "../layer/refer.js";
import { ONE_ARGUMENT, rule } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, findArgument, numbersIn, patternsOf, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

const NORMS: ReadonlySet<string> = new Set([
  "layer_norm",
  "rms_norm",
  "batch_norm",
  "group_norm",
  "instance_norm",
  "normalize",
]);
const OTHERS: ReadonlySet<string> = new Set([
  "softmax",
  "log_softmax",
  "dropout",
  "clamp",
  "transpose",
  "permute",
  "flip",
  "roll",
  "neg",
  "abs",
  "sqrt",
  "square",
  "pow",
  "exp",
  "log",
  "round",
  "floor",
  "masked_fill",
  "add",
  "mul",
  "sub",
  "div",
  "cumsum",
  "avg_pool1d",
  "avg_pool2d",
  "avg_pool3d",
  "max_pool1d",
  "max_pool2d",
  "max_pool3d",
]);

/** A call that the original does not make: left out, the layer is right. */
export const seeExtraOp: SeeCause = (situation) =>
  strongest([...situation.suspects.flatMap((op) => leaveOut(situation, op)), ...biases(situation)], 20);

function leaveOut(situation: Situation, op: TracedOp): Hypothesis[] {
  // Of two operands either may be the one that the original has.
  const inputs = BINARY.has(op.key.name) ? tensorsIn(op) : tensorsIn(op).slice(0, 1);
  return inputs.flatMap((input) => leaveInput(situation, op, input));
}

const BINARY: ReadonlySet<string> = new Set(["add", "sub", "mul", "div"]);

function leaveInput(situation: Situation, op: TracedOp, input: string): Hypothesis[] {
  const output = outputOf(op);
  const key = argumentHolding(op, input);
  if (output === null || key === null || !sameShape(situation, input, output)) return [];
  const activation = activationOfCall(op);
  const kind =
    activation !== undefined
      ? "activation"
      : NORMS.has(op.key.name)
        ? "normalisation"
        : OTHERS.has(op.key.name)
          ? "op"
          : null;
  // A factor too many is said better by the causes that know factors.
  const isFactor = ["mul", "div"].includes(op.key.name) && numbersIn(op).length > 0;
  if (kind === null || isFactor || reversesChannels(situation, op, input)) return [];
  const at = writtenAt(situation, op);
  const evidence = evidenceFor(situation, op, output, kind);
  return [
    propose(situation, {
      cause: "extra-op",
      source: at.source,
      message: `the port computes ${nameOfCall(op)} (${nameOf(at, op)}), the original does not`,
      evidence,
      edits: [editOp(op, argument(key))],
      change: `${op.key.name} left out`,
      fix: at.wrapper === null ? `# without ${op.key.name}` : "nn.Identity()",
      prior: evidence.length > 0 ? 0.65 : 0.4,
      rewrite: rule(
        at.source,
        ...(at.wrapper === null ? [] : [{ find: `(?:nn\\.)?\\b${at.wrapper}\\([^()]*\\)`, replace: "nn.Identity()" }]),
        {
          find: `(?:\\b(?:F|torch|nn|functional)\\.)*\\b${op.key.name}\\((${ONE_ARGUMENT})\\s*(?:,[^()]*)?\\)`,
          replace: "$1",
        },
      ),
    }),
  ];
}

/** Channels turned round are told as such. */
function reversesChannels(situation: Situation, op: TracedOp, input: string): boolean {
  const shape = situation.tensors.get(input)?.shape ?? [];
  return op.key.name === "flip" && shape.length >= 3 && shape.some((size) => size === 3 || size === 4);
}

/** A bias that the original does not add, given to a call that does more. */
function biases(situation: Situation): Hypothesis[] {
  if (patternsOf(situation, "bias").length > 0) return [];
  return situation.suspects.flatMap((op) => {
    const bias = findArgument(op, "bias");
    if (bias === null || !("tensor" in bias.argument)) return [];
    const at = writtenAt(situation, op);
    return [
      propose(situation, {
        cause: "extra-op",
        source: at.source,
        message: `the port adds a bias (${nameOf(at, op)}), the original does not`,
        edits: [editOp(op, original({ [argumentKey(op, "bias")]: null }))],
        change: `${op.key.name} without a bias`,
        fix: at.wrapper === null ? "bias=None" : `nn.${at.wrapper}(…, bias=False)`,
        prior: 0.4,
      }),
    ];
  });
}

function evidenceFor(
  situation: Situation,
  op: TracedOp,
  output: string,
  kind: "activation" | "normalisation" | "op",
): string[] {
  const evidence: string[] = [];
  const kinds: readonly Pattern["kind"][] = ["activation", "normalisation"];
  if (kind !== "op" && kinds.includes(kind) && patternsOf(situation, kind).length === 0)
    evidence.push(`the original's graph has no ${kind} here`);
  if (output === situation.trace.observed && op.key.name === "relu") {
    const least = situation.reference.data.reduce((a, b) => Math.min(a, b), 0);
    if (least < 0) evidence.push(`the original's values go down to ${least.toPrecision(3)}, the port's stop at 0`);
  }
  return evidence;
}

function nameOfCall(op: TracedOp): string {
  return op.key.name === "add" || op.key.name === "mul" ? `a further ${op.key.name}` : op.key.name;
}

function sameShape(situation: Situation, a: string, b: string): boolean {
  return situation.tensors.get(a)?.shape.join() === situation.tensors.get(b)?.shape.join();
}
