import { argument, editOp } from "../express.js";
import { callsBefore } from "../layer/candidate-flow.js";
import { propose, strongest } from "../layer/hypothesis.js";
import { refer } from "../layer/refer.js";
import { ONE_ARGUMENT, rule } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { suspectsNamed, tensorsIn } from "../look.js";
import { distributionAxis, isLogDistribution } from "../residual/distribution.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** A softmax of what already is one. */
export const seeDoubleSoftmax: SeeCause = (situation) => strongest([...ofCalls(situation), ...writtenOut(situation)]);

/** The last division of a softmax that is written out: an earlier tensor already was what it gives. */
function writtenOut(situation: Situation): Hypothesis[] {
  return suspectsNamed(situation, "div", "mul").flatMap((op) => {
    const shape = situation.tensors.get(op.outputs[0] ?? "")?.shape.join();
    const isProbability = (tensor: string): boolean => {
      const value = situation.tensors.get(tensor)?.shape.join() === shape ? situation.value(tensor) : null;
      return value !== null && distributionAxis(value) !== null;
    };
    const before = callsBefore(situation, op, 5);
    if (!isProbability(op.outputs[0] ?? "") || !before.some((one) => one.key.name === "exp")) return [];
    const already = before.flatMap(tensorsIn).find(isProbability);
    const value = already === undefined ? null : refer(situation, already, op);
    if (value === null) return [];
    const at = writtenAt(situation, op);
    return [
      propose(situation, {
        cause: "double-softmax",
        source: at.source,
        message: `the port applies softmax twice (${nameOf(at, op)}), the original once`,
        evidence: ["what the second softmax is given already sums to 1"],
        edits: [editOp(op, value)],
        change: "the second softmax left out",
        fix: "# without this softmax: its input already is one",
        prior: 0.88,
      }),
    ];
  });
}

function ofCalls(situation: Situation): Hypothesis[] {
  return suspectsNamed(situation, "softmax", "log_softmax").flatMap((op) => {
    const input = tensorsIn(op)[0];
    const value = input === undefined ? null : situation.value(input);
    if (value === null) return [];
    const isProbability = distributionAxis(value) !== null;
    const log = op.key.name === "log_softmax";
    if (!isProbability && !isLogDistribution(value)) return [];
    const at = writtenAt(situation, op);
    const head = {
      cause: "double-softmax",
      source: at.source,
      evidence: [`what ${op.key.name} is given already ${isProbability ? "sums to 1" : "is a log of probabilities"}`],
    } as const;
    const once = propose(situation, {
      ...head,
      message: `the port applies softmax twice (${nameOf(at, op)}), the original once`,
      edits: [editOp(op, argument(0))],
      change: `the second ${op.key.name} left out`,
      fix: `# without this ${op.key.name}: its input already is one`,
      prior: 0.88,
      rewrite: log
        ? null
        : rule(at.source, {
            find: `(?:\\b(?:F|torch|nn|functional)\\.)*\\bsoftmax\\((${ONE_ARGUMENT})\\s*(?:,[^()]*)?\\)`,
            replace: "$1",
          }),
    });
    if (!log || !isProbability) return [once];
    const logarithm = propose(situation, {
      ...head,
      message: `the port takes log_softmax of probabilities (${nameOf(at, op)}), the original their log`,
      edits: [editOp(op, { $: "call", fn: "torch.log", args: [argument(0)] })],
      change: "log instead of log_softmax",
      fix: "torch.log(probabilities)",
      prior: 0.6,
    });
    return [once, logarithm];
  });
}
