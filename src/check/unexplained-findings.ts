import { unexplained } from "../diagnose/conclude.js";
import type { Finding, Hypothesis } from "../diagnose/types.js";
import type { TwoSides } from "./compare-pairs.js";
import { formatExponent } from "./format-exponent.js";
import type { JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/** Classes that compute something else in training mode; a layer norm does not. */
const DIFFERS_IN_TRAINING = /dropout|batch_?norm/i;

/** Layers that differ and that no cause concerns: one finding per kind of layer, with its places. */
export function unexplainedFindings(
  judged: readonly JudgedPair[],
  hypotheses: readonly Hypothesis[],
  two: TwoSides,
  sides: Sides,
): Finding[] {
  const open = judged.filter(
    (one) =>
      one.judgement.verdict === "mismatch" && !hypotheses.some((hypothesis) => hypothesis.pairs.includes(one.pair.id)),
  );
  const groups = new Map<string, JudgedPair[]>();
  for (const one of open) {
    const kind = one.pair.candidate.replace(/\d+/g, "#");
    groups.set(kind, [...(groups.get(kind) ?? []), one]);
  }
  const training = sides.description.modules
    .filter((module) => module.training && DIFFERS_IN_TRAINING.test(module.class))
    .map((module) => module.path);
  return [...groups.values()].map((group) => {
    const first = group[0] as JudgedPair;
    const tap = two.candidateTaps.get(first.pair.candidate);
    const source = tap?.source ?? null;
    const weights = sides.weighed.facts.filter((fact) => fact.module === tap?.path && fact.transform !== null);
    const evidence = [
      ...(group.length === 1 ? [] : [describePlaces(group)]),
      ...(weights.length === 0
        ? []
        : [`its weights (${weights.map((fact) => fact.parameter).join(", ")}) are the checkpoint's`]),
      ...(first.judgement.note === null ? [] : [first.judgement.note]),
    ];
    const concerned = training.filter((module) => actsOn(module, tap?.path ?? ""));
    if (concerned.length > 0) return trainingMode(first, concerned, source, evidence);
    return unexplained(first.pair.id, lastAgreeing(judged, first), source, describeError(first), evidence);
  });
}

/** Whether what a module does can show in another: the one holds the other, or both stand in the same module. */
function actsOn(acting: string, shown: string): boolean {
  const around = acting.slice(0, Math.max(0, acting.lastIndexOf(".")));
  const holds = (outer: string, inner: string): boolean =>
    outer === "" || outer === inner || inner.startsWith(`${outer}.`);
  return holds(around, shown) || holds(shown, acting);
}

function lastAgreeing(judged: readonly JudgedPair[], pair: JudgedPair): string | null {
  const before = judged.slice(0, judged.indexOf(pair));
  const last = before.findLast(
    ({ judgement }) => judgement.verdict !== "mismatch" && judgement.verdict !== "not-compared",
  );
  return last?.pair.id ?? null;
}

function describePlaces(group: readonly JudgedPair[]): string {
  const names = group.map((one) => one.pair.candidate);
  return `the same in ${names.length} places: ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`;
}

function describeError({ decidedBy, judgement }: JudgedPair): string {
  const error = formatExponent(decidedBy?.metrics.maxAbs?.value ?? Number.NaN);
  const { ratio } = judgement;
  if (ratio === null || !Number.isFinite(ratio)) return error;
  return `${error} (${ratio < 1000 ? Math.round(ratio) : formatExponent(ratio)} times the noise)`;
}

function trainingMode(
  first: JudgedPair,
  modules: readonly string[],
  source: Finding["source"],
  evidence: readonly string[],
): Finding {
  const shown = `${modules.slice(0, 5).join(", ")}${modules.length > 5 ? `, and ${modules.length - 5} more modules` : ""}`;
  return {
    ...unexplained(first.pair.id, null, source, "", evidence),
    cause: "training-mode",
    message: `the port is in training mode: dropout is active and batch norms use the batch's own statistics in ${shown}`,
    evidence: [...evidence, "call model.eval() before returning the model, then check again"],
  };
}
