import { editOp, original } from "../express.js";
import { propose, strongest } from "../layer/hypothesis.js";
import { mapAxes } from "../layer/map-axes.js";
import { ARGUMENTS, rule, setKeyword } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, patternsOf, plainValue, suspectsNamed, tensorsIn } from "../look.js";
import { isDistribution } from "../residual/distribution.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** A softmax over another axis than the original's. */
export const seeSoftmaxAxis: SeeCause = (situation) => strongest([...ofCalls(situation), ...writtenOut(situation)]);

function ofCalls(situation: Situation): Hypothesis[] {
  return suspectsNamed(situation, "softmax", "log_softmax").flatMap((op) => {
    const input = tensorsIn(op)[0];
    const shape = input === undefined ? [] : (situation.tensors.get(input)?.shape ?? []);
    const given = plainValue(op, "dim");
    if (input === undefined || typeof given !== "number") return [];
    const own = given < 0 ? given + shape.length : given;
    const named = patternsOf(situation, "softmax").flatMap((pattern) => {
      const axes = mapAxes(situation, [pattern.axis], pattern.input, input);
      return axes === null ? [] : [{ axis: axes[0] ?? own, node: pattern.output }];
    });
    const at = writtenAt(situation, op);
    return shape.flatMap((_, axis) => {
      if (axis === own) return [];
      const seen = named.find((one) => one.axis === axis);
      const summed =
        op.outputs[0] === situation.trace.observed &&
        isDistribution(situation.reference, axis) &&
        !isDistribution(situation.reference, own);
      const written = axis === shape.length - 1 ? -1 : axis;
      return [
        propose(situation, {
          cause: "softmax-axis",
          source: at.source,
          message: `the original's softmax is over axis ${written}${seen === undefined ? "" : ` (${seen.node})`}, the port's over ${given} (${nameOf(at, op)})`,
          evidence: summed ? [`the original's values sum to 1 along axis ${axis}, the port's along ${own}`] : [],
          edits: [editOp(op, original({ [argumentKey(op, "dim")]: axis }))],
          change: `${op.key.name} over axis ${written}`,
          fix: `torch.softmax(x, dim=${written})`,
          prior: seen !== undefined ? 0.9 : summed ? 0.7 : 0.4,
          rewrite: rule(
            at.source,
            setKeyword("dim", String(written)),
            {
              find: `(softmax\\(${ARGUMENTS}?,\\s*)-?\\d+(?=\\s*\\))`,
              replace: `$1${written}`,
            },
            { find: `(softmax\\(\\s*)-?\\d+(?=\\s*\\))`, replace: `$1${written}` },
          ),
        }),
      ];
    });
  });
}

/** exp(x − max) / sum written out: every maximum and sum is taken along the other axis at once. */
function writtenOut(situation: Situation): Hypothesis[] {
  const reductions = suspectsNamed(situation, "sum", "amax", "max", "logsumexp").filter(
    (op) => typeof plainValue(op, "dim") === "number" || Array.isArray(plainValue(op, "dim")),
  );
  const first = reductions[0];
  if (first === undefined || suspectsNamed(situation, "exp", "logsumexp").length === 0) return [];
  const rank = situation.tensors.get(tensorsIn(first)[0] ?? "")?.shape.length ?? 0;
  const [given] = [plainValue(first, "dim")].flat();
  const own = Number(given) < 0 ? Number(given) + rank : Number(given);
  const named = patternsOf(situation, "softmax").flatMap((pattern) => {
    const axes = mapAxes(situation, [pattern.axis], pattern.input, tensorsIn(first)[0] ?? "");
    return axes === null ? [] : [{ axis: axes[0] ?? own, node: pattern.output }];
  });
  const at = writtenAt(situation, first);
  return Array.from({ length: rank }, (_, axis) => axis)
    .filter((axis) => axis !== own)
    .map((axis) => {
      const seen = named.find((one) => one.axis === axis);
      const written = axis === rank - 1 ? -1 : axis;
      return propose(situation, {
        cause: "softmax-axis",
        source: at.source,
        message: `the original's softmax is over axis ${written}${seen === undefined ? "" : ` (${seen.node})`}, the port's over ${own} (${nameOf(at, first)})`,
        edits: reductions.map((op) => editOp(op, original({ [argumentKey(op, "dim")]: axis }))),
        change: `maximum and sum along axis ${written}`,
        fix: `torch.softmax(x, dim=${written})`,
        prior: seen === undefined ? 0.45 : 0.9,
      });
    });
}
