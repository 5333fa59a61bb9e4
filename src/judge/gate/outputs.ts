import type { ResolvedCoverage } from "../../config/resolved.js";
import { listSome } from "./list-some.js";
import type { GateCheck, GateFacts } from "./types.js";

/**
 * Outputs of the original that no tensor of the port was compared with. Those that a graph merely ends in (GPT-2's `present`)
 * are demanded with `all` only; declared ones always, by `checkCompared`. Outputs that the port has in addition are told.
 */
export function checkOutputs(facts: GateFacts, coverage: ResolvedCoverage): GateCheck {
  const { reference, candidate } = facts.unmatchedOutputs;
  const base = { id: "outputs", pair: null } as const;
  if (coverage.outputs === "all" && reference.length > 0) {
    return {
      ...base,
      outcome: "fail",
      message: `${reference.length} of the original's outputs were not compared: ${listSome(reference)}`,
      hint: 'Return them from the port, name the outputs that count in reference.outputs, or set coverage.outputs to "declared".',
    };
  }
  if (candidate.length > 0) {
    return {
      ...base,
      outcome: "warn",
      message: `${candidate.length} of the port's outputs were not compared: ${listSome(candidate)}`,
      hint: "If the original has them under another name, pair them with a map.",
    };
  }
  const silent = reference.length > 0 ? `; nobody asks for ${listSome(reference)}` : "";
  return {
    ...base,
    outcome: "pass",
    message: `every ${coverage.outputs === "all" ? "" : "declared "}output was compared${silent}`,
    hint: null,
  };
}
