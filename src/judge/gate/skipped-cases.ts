import type { ResolvedCoverage } from "../../config/resolved.js";
import { listSome } from "./list-some.js";
import type { GateCheck, GateFacts } from "./types.js";

/** A case that gives no output to compare proves nothing, whatever the others do. */
export function checkCases(facts: GateFacts, coverage: ResolvedCoverage): GateCheck {
  const { cases, skippedCases } = facts;
  const done = `${cases - skippedCases.length} of ${cases} cases gave an output to compare`;
  const base = { id: "cases", pair: null } as const;
  if (skippedCases.length <= coverage.skippedCases) return { ...base, outcome: "pass", message: done, hint: null };
  return {
    ...base,
    outcome: "fail",
    message: `${done}; ${listSome(skippedCases)} did not, and coverage.skippedCases allows ${coverage.skippedCases}`,
    hint: "Take the case out of inputs, or make both sides return their output for it.",
  };
}
