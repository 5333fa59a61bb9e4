import { argument, editOp } from "../express.js";
import { coarseningCasts } from "../layer/casts.js";
import { propose } from "../layer/hypothesis.js";
import { ONE_ARGUMENT, rule } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";

/** Numbers with a fraction that the port turns into whole ones. */
export const seeInputDType: SeeCause = (situation) =>
  coarseningCasts(situation, (from, to) => /float/.test(from) && /^u?int/.test(to)).map(({ op, at, from, to }) => {
    const place = writtenAt(situation, op);
    return propose(situation, {
      cause: "input-dtype",
      source: place.source,
      message: `the port turns ${from} into ${to} (${nameOf(place, op)}), which cuts the fractions off; the original does not`,
      evidence: [`${op.key.name} gives ${to}`],
      edits: [editOp(op, argument(at))],
      change: `left in ${from}`,
      fix: `# without the cast to ${to}`,
      prior: 0.8,
      rewrite: rule(
        place.source,
        { find: `\\.${op.key.name}\\(\\s*(?:(?:dtype\\s*=\\s*)?torch\\.\\w+)?\\s*\\)\\.float\\(\\)`, replace: "" },
        { find: `(${ONE_ARGUMENT})\\.${op.key.name}\\(\\s*(?:(?:dtype\\s*=\\s*)?torch\\.\\w+)?\\s*\\)`, replace: "$1" },
      ),
    });
  });
