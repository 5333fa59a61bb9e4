import type { ResolvedGate } from "../../config/resolved.js";
import { checkBaseline } from "./baseline.js";
import { checkCompared } from "./compared.js";
import { checkLevels, resolveLevels } from "./levels.js";
import { checkMismatches } from "./mismatches.js";
import { checkOutputs } from "./outputs.js";
import { checkParameters, checkTaps } from "./shares.js";
import { checkCases } from "./skipped-cases.js";
import type { Gate, GateBaseline, GateCheck, GateFacts, GateOutcome, GateSurroundings } from "./types.js";
import { checkWaivers, matchWaivers, waivedPairs } from "./waivers.js";

/**
 * Whether a check passes the gate, rule by rule. Without any configuration it follows the verdict. Where nothing was compared the
 * other rules are not asked. Throws CONFIG_INVALID for a level whose glob fits nothing.
 */
export function judgeGate(policy: ResolvedGate, facts: GateFacts, surroundings: GateSurroundings): Gate {
  // With `--only` a level may be about what was not asked for.
  if (facts.partial !== true) checkLevels(policy.levels, facts.pairs);
  const pairs = resolveLevels(policy.levels, facts.pairs);
  const waivers = matchWaivers(policy.waivers, facts, surroundings.today);
  const run = { outputsDeclared: facts.outputsDeclared, skippedCases: facts.skippedCases };
  const compared = checkCompared(facts, pairs);
  const levels = pairs.flatMap(({ pair, level, from }) => (level === "error" ? [] : [{ pair: pair.id, level, from }]));
  const configured =
    policy.levels.length > 0 || policy.waivers.length > 0 || policy.baseline !== null || policy.coverage !== null;
  if (facts.pairs.every((pair) => pair.verdict === "not-compared"))
    return { outcome: "could-not-judge", configured, checks: [compared], levels, waivers, baseline: null, run };
  const checks: GateCheck[] = [compared, ...checkMismatches(pairs, waivedPairs(waivers))];
  checks.push(...checkWaivers(waivers, surroundings.today, new Set(levels.map((one) => one.pair))));
  const { coverage } = policy;
  if (coverage !== null) {
    checks.push(checkOutputs(facts, coverage), checkParameters(facts, coverage), checkTaps(facts, coverage));
    checks.push(checkCases(facts, coverage));
  }
  let baseline: GateBaseline | null = null;
  // What is to be written anew is not held against what is there.
  if (policy.baseline !== null && !policy.baseline.update) {
    const held = checkBaseline(policy.baseline, facts, pairs, surroundings);
    checks.push(...held.checks);
    baseline = held.baseline;
  }
  return { outcome: outcomeOf(checks), configured, checks, levels, waivers, baseline, run };
}

/** A failure is a failure even where something else could not be looked at. */
export function outcomeOf(checks: readonly GateCheck[]): GateOutcome {
  if (checks.some((one) => one.outcome === "fail")) return "fail";
  return checks.some((one) => one.outcome === "could-not-judge") ? "could-not-judge" : "pass";
}
