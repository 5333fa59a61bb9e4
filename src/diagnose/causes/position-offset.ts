import type { Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, original, self } from "../express.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { parameterBehind, producerOf, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";

const OFFSETS = [-1, 1, -2, 2, -3, 3];

/** Positions counted from 1, or from 2 (a padding index), where the original counts from 0; or the reverse. */
export const seePositionOffset: SeeCause = (situation) => {
  // Without a lookup in a table there are no positions to be counted.
  if (!situation.suspects.some((op) => looksUp(situation, op))) return [];
  return strongest(
    situation.suspects.flatMap((op) => {
      const shifted = shiftedBy(situation, op);
      if (shifted === null) return [];
      const at = writtenAt(situation, op);
      return OFFSETS.map((offset) =>
        propose(situation, {
          cause: "position-offset",
          message: `the port counts positions from ${offset > 0 ? `${offset} too few` : `${-offset} too many`} (${nameOf(at, op)}): with ${offset > 0 ? "+" : "−"}${Math.abs(offset)} it looks up the original's rows`,
          evidence: ["the difference of the embeddings is the same for all tokens at a position"],
          edits: editsOf(op, shifted(offset)),
          change: `positions ${offset > 0 ? "+" : "−"} ${Math.abs(offset)}`,
          fix: `positions = positions ${offset > 0 ? "+" : "-"} ${Math.abs(offset)}`,
          prior: 0.7 - 0.05 * Math.abs(offset),
          source: at.source,
        }),
      );
    }),
    12,
  );
};

function looksUp(situation: Situation, op: TracedOp): boolean {
  if (op.key.name === "embedding") return true;
  const table = tensorsIn(op)[0];
  return /^(getitem|narrow|index_select|gather)$/.test(op.key.name) && table !== undefined
    ? isTable(situation, table)
    : false;
}

/** A parameter, turned or lengthened by rows of padding. */
function isTable(situation: Situation, tensor: string): boolean {
  if (parameterBehind(situation, tensor) !== null) return true;
  const maker = producerOf(situation, tensor);
  const padded = maker === null ? undefined : tensorsIn(maker)[0];
  return maker?.key.name === "pad" && padded !== undefined && parameterBehind(situation, padded) !== null;
}

function shiftedBy(situation: Situation, op: TracedOp): ((offset: number) => Expression) | null {
  if (/^(arange|cumsum)$/.test(op.key.name)) return (offset) => call("torch.add", self, offset);
  // A lookup by anything but the tokens, and a slice of a table.
  if (op.key.name === "embedding") return (offset) => original({ "0": call("torch.add", argument(0), offset) });
  const table = tensorsIn(op)[0];
  if (/^(getitem|narrow|index_select)$/.test(op.key.name) && table !== undefined && isTable(situation, table))
    return (offset) => original({ "0": call("torch.roll", argument(0), -offset, 0) });
  return null;
}
