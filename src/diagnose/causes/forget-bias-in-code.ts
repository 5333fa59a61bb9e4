import { argument, call, editOp, original } from "../express.js";
import { propose } from "../layer/hypothesis.js";
import { argumentHolding, inputOf } from "../layer/refer.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { numbersIn, patternsOf, producerOf, suspectsNamed } from "../look.js";

/** The constant that the original's cell adds to its forget gate is not added by the port's code, or another one is. */
export const seeForgetBiasInCode: SeeCause = (situation) => {
  const cell = patternsOf(situation, "recurrent").find((pattern) => pattern.cell === "lstm");
  if (cell === undefined) return [];
  const wanted = cell.forgetBias?.value ?? 0;
  return suspectsNamed(situation, "sigmoid", "hardsigmoid").flatMap((op) => {
    const input = inputOf(op);
    const key = input === null ? null : argumentHolding(op, input);
    const before = input === null ? null : producerOf(situation, input);
    const held = before?.key.name === "add" ? (numbersIn(before)[0]?.value ?? 0) : 0;
    if (key === null || held === wanted) return [];
    const at = writtenAt(situation, op);
    return [
      propose(situation, {
        cause: "forget-bias",
        source: at.source,
        message: `the original's cell adds ${wanted} to its forget gate${cell.forgetBias === null ? "" : ` (${cell.forgetBias.node})`}, the port ${held} (${nameOf(at, op)})`,
        evidence: [`the graph adds ${wanted} to the block of gate f alone, before its sigmoid`],
        edits: [editOp(op, original({ [key]: call("torch.add", argument(key), wanted - held) }))],
        change: `${wanted - held} added to the argument of the forget gate's sigmoid`,
        fix: `torch.sigmoid(f + ${wanted})`,
        prior: 0.8,
      }),
    ];
  });
};
