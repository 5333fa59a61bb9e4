import { argument } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import { rule, setKeyword } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { plainValue } from "../look.js";

/** F.dropout drops by default, whatever mode its module is in: `training=self.training` was not given. */
export const seeDropoutActive: SeeCause = (situation) =>
  situation.suspects.flatMap((op) => {
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
