import { conclude } from "../diagnose/conclude.js";
import { proposeCauses } from "../diagnose/propose.js";
import type { ExperimentResult, Finding, Hypothesis, LayerFact } from "../diagnose/types.js";
import type { TwoSides } from "./compare-pairs.js";
import { makeReplacements } from "./forced-run.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { planExperiments, resultsOf } from "./plan-experiments.js";
import { type AfterRepairs, proveRepairs } from "./prove-repairs.js";
import { experimentsFolder, makeChanges, runExperiments } from "./run-experiments.js";
import type { Sides } from "./run-sides.js";
import { unexplainedFindings } from "./unexplained-findings.js";

export interface Explained {
  readonly findings: readonly Finding[];
  readonly afterRepairs: AfterRepairs | null;
}

/** Looks for the cause of every layer that differs, runs the experiment that each cause names, and proves the repairs together. */
export async function explain(sides: Sides, two: TwoSides, judged: Judged, scratch: string): Promise<Explained> {
  if (!judged.pairs.some((one) => one.judgement.verdict === "mismatch")) return { findings: [], afterRepairs: null };
  const { facts } = sides.weighed;
  const hypotheses = proposeCauses(facts, describeLayers(judged.pairs, two));
  const folder = experimentsFolder(scratch);
  const repairs = hypotheses.flatMap((one) => one.repairs);
  const changes = makeChanges(repairs, facts, sides.original.checkpoint.tensors, folder.loads);
  const pairs = new Map(judged.pairs.map((one) => [one.pair.id, one.pair]));
  const moduleOf = (pair: string): string => two.candidateTaps.get(pairs.get(pair)?.candidate ?? "")?.path ?? "";
  const plan = planExperiments(hypotheses, changes, moduleOf);
  const replace = makeReplacements([...pairs.values()], sides, two.reference);
  const results =
    plan.length === 0
      ? new Map<string, ExperimentResult>()
      : await runExperiments(sides, two, judged, replace, plan, folder.out);

  const concluded = hypotheses.map((hypothesis, index) => ({
    hypothesis,
    finding: conclude(hypothesis, resultsOf(index, plan, results)),
  }));
  const confirmed = concluded.filter(({ finding }) => finding.status === "confirmed");
  const proved = confirmed.map(({ hypothesis }) => hypothesis);
  const suspected = concluded.filter(
    ({ finding, hypothesis }) => finding.status === "suspected" && !coveredBy(hypothesis, proved),
  );
  const findings = [
    ...[...confirmed, ...suspected].map(({ finding }) => finding),
    ...unexplainedFindings(judged.pairs, hypotheses, two, sides),
  ];
  const patches = proved.flatMap(({ repairs }) => repairs.flatMap(({ parameter }) => changes.get(parameter) ?? []));
  const allExplained = findings.every((finding) => finding.status === "confirmed");
  return { findings, afterRepairs: await proveRepairs(sides, two, judged.pairs, patches, allExplained, scratch) };
}

function describeLayers(pairs: readonly JudgedPair[], two: TwoSides): LayerFact[] {
  return pairs.flatMap((one) => {
    const tap = two.candidateTaps.get(one.pair.candidate);
    return tap === undefined || one.judgement.verdict === "not-compared"
      ? []
      : [{ pair: one.pair.id, module: tap.path, failed: one.judgement.verdict === "mismatch" }];
  });
}

/** A suspicion about layers that a confirmed finding already repaired says nothing. */
function coveredBy(hypothesis: Hypothesis, confirmed: readonly Hypothesis[]): boolean {
  return hypothesis.pairs.every((pair) => confirmed.some((other) => other.pairs.includes(pair)));
}
