import type { ResolvedGate } from "../config/resolved.js";
import { judgeGate } from "../judge/gate/judge-gate.js";
import { judgeRepeats } from "../judge/gate/repeats.js";
import type { Gate } from "../judge/gate/types.js";
import type { CheckResult } from "../report/types.js";
import { gateFacts } from "./gate-facts.js";
import { gateSurroundings } from "./gate-surroundings.js";
import { updateBaseline } from "./update-baseline.js";

const EXIT_CODES = { pass: 0, fail: 1, "could-not-judge": 2 } as const;

/** Whether what all shards found together passes the gate; shards look at what concerns single cases alone. */
export async function gateMerged(result: CheckResult, policy: ResolvedGate): Promise<CheckResult> {
  const surroundings = await gateSurroundings(policy);
  const judged = judgeGate(policy, gateFacts(result, result.gate.run), surroundings);
  const gate = judgeMissing(judgeRepeats(judged, result.verdict === "flaky" ? result.reason : null), result);
  const gated = { ...result, gate, exitCode: EXIT_CODES[gate.outcome] };
  return policy.baseline?.update === true ? updateBaseline(policy.baseline, gated, surroundings) : gated;
}

/** Where a shard could not be run nobody knows how its cases stand. */
function judgeMissing(gate: Gate, { verdict, reason }: CheckResult): Gate {
  if (verdict !== "inconclusive" || gate.outcome === "could-not-judge") return gate;
  const check = {
    id: "compared",
    outcome: "could-not-judge",
    message: reason ?? "not everything was compared",
    hint: null,
    pair: null,
  } as const;
  return { ...gate, outcome: "could-not-judge", checks: [check, ...gate.checks] };
}
