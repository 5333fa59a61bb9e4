import { gateFacts } from "../../src/check/gate-facts.js";
import type { ResolvedGate } from "../../src/config/resolved.js";
import { judgeGate } from "../../src/judge/gate/judge-gate.js";
import type { GateSurroundings } from "../../src/judge/gate/types.js";
import type { CheckResult } from "../../src/report/types.js";

/** A configuration that says nothing of the gate. */
export const NO_GATE: ResolvedGate = { levels: [], waivers: [], baseline: null, coverage: null };

const TODAY: GateSurroundings = { today: "2026-11-25", ci: false, baseline: null };
const EXIT_CODES = { pass: 0, fail: 1, "could-not-judge": 2 } as const;

/** The result as it comes out of a check with these rules. */
export function withGate(
  result: Omit<CheckResult, "gate">,
  policy: Partial<ResolvedGate> = {},
  surroundings: Partial<GateSurroundings> = {},
): CheckResult {
  const facts = gateFacts(result, { outputsDeclared: false, skippedCases: [] });
  const gate = judgeGate({ ...NO_GATE, ...policy }, facts, { ...TODAY, ...surroundings });
  return { ...result, gate, exitCode: EXIT_CODES[gate.outcome] };
}
