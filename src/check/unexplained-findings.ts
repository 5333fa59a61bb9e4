import { unexplained } from "../diagnose/conclude.js";
import { firstWrongOp } from "../diagnose/find-suspects.js";
import { placeOf } from "../diagnose/look.js";
import type { Situation } from "../diagnose/situation.js";
import type { Finding } from "../diagnose/types.js";
import type { TwoSides } from "./compare-pairs.js";
import { formatExponent } from "./format-exponent.js";
import type { JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/**
 * Layers that differ and that nothing explains: one finding per kind of layer, with its places and the smallest call whose
 * inputs agree and whose result does not.
 *
 * @param failures why a layer could not be looked into, by pair
 */
export function unexplainedFindings(
  judged: readonly JudgedPair[],
  open: readonly JudgedPair[],
  two: TwoSides,
  sides: Sides,
  situations: ReadonlyMap<string, Situation>,
  failures: ReadonlyMap<string, string>,
): Finding[] {
  const groups = new Map<string, JudgedPair[]>();
  for (const one of open) {
    const kind = one.pair.candidate.replace(/\d+/g, "#");
    groups.set(kind, [...(groups.get(kind) ?? []), one]);
  }
  return [...groups.values()].map((group) => {
    const first = group[0] as JudgedPair;
    const tap = two.candidateTaps.get(first.pair.candidate);
    const weights = sides.weighed.facts.filter((fact) => fact.module === tap?.path && fact.transform !== null);
    const situation = group.flatMap((one) => situations.get(one.pair.id) ?? [])[0];
    const failure = group.flatMap((one) => failures.get(one.pair.id) ?? [])[0];
    const wrong =
      situation === undefined ? null : firstWrongOp(situation.trace, situation.suspects, situation.agreements);
    const evidence = [
      ...(group.length === 1 ? [] : [describePlaces(group)]),
      ...(wrong === null
        ? []
        : [`the first call that gives something the original does not have is ${wrong.key.name} (${placeOf(wrong)})`]),
      ...(weights.length === 0
        ? []
        : [`its weights (${weights.map((fact) => fact.parameter).join(", ")}) are the checkpoint's`]),
      ...(sides.golden?.manifest.declared === undefined || tap === undefined || !hasParameters(sides, tap.path)
        ? []
        : [
            "whether its weights are the checkpoint's cannot be told: the golden keeps none. A check against the original tells",
          ]),
      ...(first.judgement.note === null ? [] : [first.judgement.note]),
      ...(failure === undefined ? [] : [`the layer could not be looked into: ${failure}`]),
    ];
    return unexplained(
      group.map((one) => one.pair.id),
      lastAgreeing(judged, first),
      wrong?.source ?? tap?.source ?? null,
      describeError(first),
      evidence,
      first.decidedBy !== null && first.local.includes(first.decidedBy),
    );
  });
}

function hasParameters({ description }: Sides, path: string): boolean {
  return description.parameters.some((one) => one.module === path || one.module.startsWith(`${path}.`));
}

/**
 * The open pairs that no suspicion concerns. What is suspected of a module concerns each of its outputs: the sequence that a
 * recurrent layer gives and its last state.
 */
export function withoutOtherOutputs(
  open: readonly JudgedPair[],
  explained: ReadonlySet<string>,
  two: TwoSides,
): JudgedPair[] {
  const pathOf = (tap: string): string | undefined => two.candidateTaps.get(tap)?.path;
  const modules = new Set([...explained].map(pathOf));
  return open.filter(
    ({ pair }) => !explained.has(pair.id) && !(pair.candidate.includes("[") && modules.has(pathOf(pair.candidate))),
  );
}

/** Where the candidate ran only freely an error flows on: by itself only the first pair that differs says something. */
export function withoutConsequences(judged: readonly JudgedPair[]): JudgedPair[] {
  return judged.filter(({ judgement }) => judgement.verdict === "mismatch").slice(0, 1);
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
