import { join } from "node:path";
import { conclude, unexplained } from "../diagnose/conclude.js";
import { nearestLayer } from "../diagnose/layer-of.js";
import { proposeCauses } from "../diagnose/propose.js";
import type { ExperimentResult, Finding, Hypothesis, LayerFact } from "../diagnose/types.js";
import type { Verdict } from "../report/types.js";
import { comparePair, type TwoSides } from "./compare-pairs.js";
import { makeReplacements, runCandidate } from "./forced-run.js";
import { formatExponent } from "./format-exponent.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { experimentsFolder, makeChanges, planExperiments, runExperiments } from "./run-experiments.js";
import type { Sides } from "./run-sides.js";

export interface Explained {
  readonly findings: readonly Finding[];
  readonly afterRepairs: {
    readonly verdict: Verdict;
    readonly outputErrorBefore: number;
    readonly outputErrorAfter: number;
  } | null;
}

/** An output this close (relative L2) to the original's is the original's, up to rounding. */
const REPAIRED_OUTPUT = 1e-5;

/** Looks for the cause of every layer that differs, runs the experiment that each cause names, and proves the repairs together. */
export async function explain(sides: Sides, two: TwoSides, judged: Judged, scratch: string): Promise<Explained> {
  const failed = judged.pairs.filter((one) => one.judgement.verdict === "mismatch");
  if (failed.length === 0) return { findings: [], afterRepairs: null };
  const layers = describeLayers(judged.pairs, two);
  const { facts } = sides.weighed;
  const hypotheses = proposeCauses(facts, layers);
  const folder = experimentsFolder(scratch);
  const checkpoint = sides.original.checkpoint.tensors;
  const changes = makeChanges(
    hypotheses.flatMap((one) => one.repairs),
    facts,
    checkpoint,
    folder.loads,
  );
  const replace = makeReplacements(
    judged.pairs.map((one) => one.pair),
    sides,
    two.reference,
  );
  const plan = planExperiments(hypotheses, changes);
  const results =
    plan.length === 0
      ? new Map<string, ExperimentResult>()
      : await runExperiments(sides, two, judged, replace, plan, folder.out);

  const concluded = hypotheses.map((hypothesis, h) => {
    const own = hypothesis.pairs.flatMap((pair) => {
      const single = results.get(`${h}:${pair}`);
      const together = results.get(`all:${pair}`);
      // Two faults in one layer: neither repair alone brings it to the floor, both together do.
      return single?.repaired === false && together?.repaired === true ? [together] : (single ?? []);
    });
    return { hypothesis, finding: conclude(hypothesis, own) };
  });
  const confirmed = concluded
    .filter(({ finding }) => finding.status === "confirmed")
    .map(({ hypothesis }) => hypothesis);
  const findings = [
    ...concluded.filter(({ finding }) => finding.status === "confirmed").map(({ finding }) => finding),
    ...concluded
      .filter(({ finding, hypothesis }) => finding.status === "suspected" && !coveredBy(hypothesis, confirmed))
      .map(({ finding }) => finding),
    ...unexplainedFindings(failed, hypotheses, judged, two, sides),
  ];
  const patches = confirmed.flatMap((hypothesis) =>
    hypothesis.repairs.flatMap((repair) => changes.get(repair.parameter) ?? []),
  );
  if (patches.length === 0) return { findings, afterRepairs: null };
  const repaired = await runCandidate(sides, join(scratch), "repaired", {
    taps: outputsOf(judged.pairs, two).map((one) => one.pair.candidate),
    patches,
  });
  const before = Math.max(
    0,
    ...outputsOf(judged.pairs, two).flatMap((one) => one.accumulated.map(({ metrics }) => metrics.relativeL2)),
  );
  const after = Math.max(
    0,
    ...outputsOf(judged.pairs, two).flatMap((one) =>
      comparePair(
        { ...two, candidate: repaired.recording },
        one.pair,
        sides.cases.map((each) => each.id),
        null,
      ).map(({ metrics }) => (metrics.nonFiniteMismatch === null ? metrics.relativeL2 : Number.POSITIVE_INFINITY)),
    ),
  );
  repaired.recording.close();
  const allExplained = findings.every((finding) => finding.status === "confirmed");
  return {
    findings,
    afterRepairs: {
      verdict: allExplained && after <= REPAIRED_OUTPUT ? "parity" : "mismatch",
      outputErrorBefore: before,
      outputErrorAfter: after,
    },
  };
}

function describeLayers(pairs: readonly JudgedPair[], two: TwoSides): LayerFact[] {
  return pairs.flatMap((one) => {
    const tap = two.candidateTaps.get(one.pair.candidate);
    return tap === undefined || one.judgement.verdict === "not-compared"
      ? []
      : [{ pair: one.pair.id, module: tap.path, failed: one.judgement.verdict === "mismatch" }];
  });
}

function outputsOf(pairs: readonly JudgedPair[], two: TwoSides): JudgedPair[] {
  return pairs.filter((one) => two.candidateTaps.get(one.pair.candidate)?.isOutput);
}

/** A suspicion about layers that a confirmed finding already repaired says nothing. */
function coveredBy(hypothesis: Hypothesis, confirmed: readonly Hypothesis[]): boolean {
  return hypothesis.pairs.every((pair) => confirmed.some((other) => other.pairs.includes(pair)));
}

/** Layers that differ and that no cause concerns: one finding per kind of layer, with its places. */
function unexplainedFindings(
  failed: readonly JudgedPair[],
  hypotheses: readonly Hypothesis[],
  judged: Judged,
  two: TwoSides,
  sides: Sides,
): Finding[] {
  const open = failed.filter((one) => !hypotheses.some((hypothesis) => hypothesis.pairs.includes(one.pair.id)));
  const groups = new Map<string, JudgedPair[]>();
  for (const one of open) {
    const kind = one.pair.candidate.replace(/\d+/g, "#");
    groups.set(kind, [...(groups.get(kind) ?? []), one]);
  }
  const training = sides.description.modules.filter((module) => module.training && /dropout|norm/i.test(module.class));
  return [...groups.values()].map((group) => {
    const first = group[0] as JudgedPair;
    const tap = two.candidateTaps.get(first.pair.candidate);
    const metrics = first.decidedBy?.metrics;
    const ratio = first.judgement.ratio;
    const error = `${formatExponent(metrics?.maxAbs?.value ?? Number.NaN)}${ratio === null || !Number.isFinite(ratio) ? "" : ` (${ratio < 1000 ? `${Math.round(ratio)}` : formatExponent(ratio)} times the noise)`}`;
    const places =
      group.length === 1
        ? []
        : [
            `the same in ${group.length} places: ${group
              .map((one) => one.pair.candidate)
              .slice(0, 12)
              .join(", ")}${group.length > 12 ? ", …" : ""}`,
          ];
    const weights = sides.weighed.facts.filter(
      (fact) =>
        nearestLayer(fact.module, [{ pair: first.pair.id, module: tap?.path ?? "", failed: true }]) !== undefined &&
        fact.module === tap?.path,
    );
    const evidence = [
      ...places,
      ...(weights.length > 0
        ? [`its weights (${weights.map((fact) => fact.parameter).join(", ")}) are the checkpoint's`]
        : []),
      ...(first.judgement.note === null ? [] : [first.judgement.note]),
    ];
    if (training.length > 0)
      return trainingMode(
        first,
        training.map((module) => module.path),
        tap?.source ?? null,
        evidence,
      );
    const at = judged.pairs.indexOf(first);
    return unexplained(first.pair.id, judged.pairs[at - 1]?.pair.id ?? null, tap?.source ?? null, error, evidence);
  });
}

function trainingMode(
  first: JudgedPair,
  modules: readonly string[],
  source: Finding["source"],
  evidence: readonly string[],
): Finding {
  return {
    ...unexplained(first.pair.id, null, source, "", evidence),
    cause: "training-mode",
    message: `the port is in training mode: dropout is active and batch norms use the batch's own statistics in ${modules.slice(0, 5).join(", ")}${modules.length > 5 ? `, and ${modules.length - 5} more modules` : ""}`,
    evidence: [...evidence, "call model.eval() before returning the model, then check again"],
  };
}
