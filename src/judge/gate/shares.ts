import type { ResolvedCoverage } from "../../config/resolved.js";
import { listSome } from "./list-some.js";
import type { GateCheck, GateFacts, GateRule } from "./types.js";

/** Whether enough of the candidate's parameters were held against a variable of the checkpoint. */
export function checkParameters(facts: GateFacts, coverage: ResolvedCoverage): GateCheck {
  const { total, missing } = facts.parameters;
  return checkShare("parameters", coverage.parameters, total, missing);
}

/** Whether enough of the candidate's taps were compared with one of the original. */
export function checkTaps(facts: GateFacts, coverage: ResolvedCoverage): GateCheck {
  const open = facts.pairs.filter((pair) => pair.verdict === "not-compared").map((pair) => pair.id);
  const missing = [...open, ...facts.unmatchedTaps];
  return checkShare("taps", coverage.taps, facts.pairs.length + facts.unmatchedTaps.length, missing);
}

/** A model without parameters has all of them compared. */
function checkShare(
  id: GateRule & ("parameters" | "taps"),
  demanded: number,
  total: number,
  missing: readonly string[],
): GateCheck {
  const done = total - missing.length;
  const share = total === 0 ? 1 : done / total;
  const start = `${done} of ${total} ${id} were compared`;
  if (share >= demanded) return { id, outcome: "pass", message: start, hint: null, pair: null };
  const wanted = Math.ceil(demanded * total);
  return {
    id,
    outcome: "fail",
    message:
      `${start}, ${wanted - done} fewer than coverage.${id} = ${demanded} demands: ${listSome(missing)} ` +
      `${missing.length === 1 ? "was" : "were"} not`,
    hint: `Pair ${missing.length === 1 ? "it" : "them"} with a map, or set coverage.${id} to ${floorShare(share)}.`,
    pair: null,
  };
}

/** Two digits that the share reaches. */
function floorShare(share: number): number {
  return Math.floor(share * 100) / 100;
}
