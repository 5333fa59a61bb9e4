import type { ResolvedBaseline } from "../config/resolved.js";
import { describeChange, makeBaseline } from "../judge/gate/make-baseline.js";
import type { GateCheck, GateSurroundings } from "../judge/gate/types.js";
import type { CheckResult } from "../report/types.js";
import { writeBaseline } from "./baseline-file.js";
import { gateFacts } from "./gate-facts.js";

/**
 * Keeps the errors of this check as the baseline. Refused unless the check is parity and passes what else the gate demands: waived
 * mismatches are mismatches, and a baseline is taken from a port that is right.
 */
export async function updateBaseline(
  rule: ResolvedBaseline,
  result: CheckResult,
  { today, baseline: before }: GateSurroundings,
): Promise<CheckResult> {
  const { gate, verdict } = result;
  const told = { file: rule.shown, factor: rule.factor, absoluteFloor: rule.absoluteFloor, worse: [], tighten: [] };
  const say = (check: Pick<GateCheck, "outcome" | "message" | "hint">): readonly GateCheck[] => [
    ...gate.checks,
    { id: "baseline", pair: null, ...check },
  ];
  if (verdict !== "parity" || gate.outcome !== "pass") {
    const why = verdict === "parity" ? "the gate does not pass" : "the check is not parity";
    const check = {
      outcome: "warn",
      message: `--update-baseline wrote nothing to ${rule.shown}: ${why}`,
      hint: "Mend what is shown above first; a waived mismatch counts as one.",
    } as const;
    return { ...result, gate: { ...gate, checks: say(check), baseline: { ...told, state: "refused" } } };
  }
  const provenance = {
    written: today,
    reference: result.models.reference,
    candidate: result.models.candidate,
    runtimes: result.runtimes,
  };
  // Of outputs and cases the baseline says nothing.
  const facts = gateFacts(result, { outputsDeclared: false, skippedCases: [] });
  const after = makeBaseline(result.name, provenance, facts);
  await writeBaseline(rule.file, rule.shown, after);
  const check = {
    outcome: "pass",
    message: `${rule.shown} written: ${describeChange(before, after)}`,
    hint: "Commit it. The gate holds it where the configuration has baseline: true.",
  } as const;
  return { ...result, gate: { ...gate, checks: say(check), baseline: { ...told, state: "written" } } };
}
