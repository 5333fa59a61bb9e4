import { argument, original } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { rule, setKeyword } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, plainValue } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** F.dropout drops by default, whatever mode its module is in: `training=self.training` was not given. */
export const seeDropoutActive: SeeCause = (situation) => [...dropouts(situation), ...attentions(situation)];

function dropouts(situation: Situation): Hypothesis[] {
  return situation.suspects.flatMap((op) => {
    if (!/dropout/.test(op.key.name) || plainValue(op, "training") === false || plainValue(op, "p") === 0) return [];
    const at = writtenAt(situation, op);
    return [
      propose(situation, {
        cause: "dropout-active",
        message: `the port drops values at random although its modules are in eval mode (${nameOf(at, op)})`,
        evidence: ["F.dropout drops unless it is told training=False"],
        edits: editsOf(op, argument(0)),
        change: "no dropout",
        fix: "F.dropout(x, p, training=self.training)",
        prior: 0.95,
        source: at.source,
        rewrite: rule(at.source, setKeyword("training", "self.training"), {
          find: "(dropout\\([^()]*)\\)",
          replace: "$1, training=self.training)",
        }),
      }),
    ];
  });
}

/** Fused attention knows no mode: it drops whenever its `dropout_p` is not zero. */
function attentions(situation: Situation): Hypothesis[] {
  return situation.suspects.flatMap((op) => {
    const rate = plainValue(op, "dropout_p");
    if (!/attention/.test(op.key.name) || typeof rate !== "number" || rate === 0) return [];
    const at = writtenAt(situation, op);
    return [
      propose(situation, {
        cause: "dropout-active",
        message: `the port drops ${rate * 100} % of its attention at random although its modules are in eval mode (${nameOf(at, op)})`,
        evidence: [`${op.key.name} drops dropout_p=${rate} in every mode`],
        edits: editsOf(op, original({ [argumentKey(op, "dropout_p")]: 0 })),
        change: "dropout_p=0.0",
        fix: `dropout_p=${rate} if self.training else 0.0`,
        prior: 0.95,
        source: at.source,
        rewrite: rule(at.source, setKeyword("dropout_p", `${rate} if self.training else 0.0`)),
      }),
    ];
  });
}
