import type { Expression, TracedOp } from "../../runners/edits.js";
import { call, editOp, original, parameterOf } from "../express.js";
import { propose } from "../layer/hypothesis.js";
import { outputOf } from "../layer/refer.js";
import { rule, setKeyword } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, parameterBehind, plainValue, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

const MEAN = /(^|[._/])(moving_|running_)?mean$/i;
const VARIANCE = /(^|[._/])(moving_|running_)?var(iance)?$/i;

/** A batch norm in code that is in training mode whatever mode its module is in: the statistics of the batch are used. */
export const seeBatchStatistics: SeeCause = (situation) => [...called(situation), ...writtenOut(situation)];

/** F.batch_norm(…, training=True), F.instance_norm(…, use_input_stats=True) with running statistics at hand. */
function called(situation: Situation): Hypothesis[] {
  return situation.suspects.flatMap((op) => {
    if (op.key.name !== "batch_norm" || plainValue(op, "training") !== true) return [];
    if (!tensorsIn(op).some((tensor) => MEAN.test(parameterBehind(situation, tensor) ?? ""))) return [];
    const at = writtenAt(situation, op);
    return [
      propose(situation, {
        cause: "training-mode",
        message: `the port normalises with the statistics of the batch, the original with those that were learnt (${nameOf(at, op)})`,
        evidence: ["the call is told training=True, whatever mode its module is in"],
        edits: [editOp(op, original({ [argumentKey(op, "training")]: false }))],
        change: "training=False",
        fix: "F.batch_norm(…, training=self.training)",
        prior: 0.95,
        source: at.source,
        rewrite: rule(at.source, setKeyword("training", "self.training")),
      }),
    ];
  });
}

/** Written by hand: a mean and a variance are computed, and the module's own, which nobody reads, would fit in their place. */
function writtenOut(situation: Situation): Hypothesis[] {
  const read = new Set(
    [...situation.tensors.values()].flatMap(({ origin }) => (origin.kind === "parameter" ? [origin.name] : [])),
  );
  const idle = situation.weights.filter((fact) => !read.has(fact.parameter));
  return idle
    .filter((fact) => MEAN.test(fact.key))
    .flatMap((mean) => {
      const size = mean.shape.reduce((a, b) => a * b, 1);
      const variance = idle.find(
        (fact) => fact.key.replace(VARIANCE, "") === mean.key.replace(MEAN, "") && fact.parameter !== mean.parameter,
      );
      if (variance === undefined) return [];
      const statistics = situation.suspects.filter((op) => sizeOf(situation, op) === size);
      const first = statistics.find((op) => op.key.name === "mean");
      const second = statistics.find((op) => op !== first && /^(var|mean)$/.test(op.key.name));
      if (first === undefined || second === undefined) return [];
      const at = writtenAt(situation, first);
      return [
        propose(situation, {
          cause: "training-mode",
          message: `the port normalises with the statistics of the batch, the original with ${mean.key} and ${variance.key} (${nameOf(at, first)})`,
          evidence: [`nothing reads ${mean.parameter} and ${variance.parameter}`],
          edits: [
            editOp(first, shaped(situation, first, mean.parameter)),
            editOp(second, shaped(situation, second, variance.parameter)),
          ],
          change: `the statistics are ${mean.parameter} and ${variance.parameter}`,
          fix: `mean, variance = ${mean.parameter}, ${variance.parameter}`,
          prior: 0.9,
          source: at.source,
        }),
      ];
    });
}

function sizeOf(situation: Situation, op: TracedOp): number {
  return (situation.tensors.get(outputOf(op) ?? "")?.shape ?? []).reduce((a, b) => a * b, 1);
}

function shaped(situation: Situation, op: TracedOp, parameter: string): Expression {
  return call("torch.reshape", parameterOf(parameter), [...(situation.tensors.get(outputOf(op) ?? "")?.shape ?? [])]);
}
