import { formatConstant } from "../diagnose/layer/format-constant.js";
import { findRegion } from "../tensorflow/evidence/find-region.js";
import type { Judged } from "./judge-pairs.js";
import { listNames } from "./list-names.js";
import type { Sides } from "./run-sides.js";

/** Two numbers this close (relative) are one, written in float32 and in float64. */
const SAME = 1e-5;

/**
 * Norms whose ε is not the original's although nothing shows it: with variances near 1 an ε of 1e-6 or 1e-12 is the same.
 * Where stored statistics were changed to make up for another ε the port is right, and nothing is said.
 */
export function describeHiddenEpsilons(sides: Sides, judged: Pick<Judged, "pairs">): string[] {
  const modules = new Map(sides.description.modules.map((module) => [module.path, module]));
  const tapOf = new Map(sides.free.taps.map((tap) => [tap.id, tap]));
  const tensorOf = new Map(sides.reference.taps.map((tap) => [tap.id, tap.tensor]));
  const known = judged.pairs.flatMap(({ pair }) => tensorOf.get(pair.reference) ?? []);
  const found = new Map<string, string[]>();
  for (const { pair, judgement } of judged.pairs) {
    const path = tapOf.get(pair.candidate)?.path ?? "";
    const own = modules.get(path)?.epsilon ?? null;
    const target = tensorOf.get(pair.reference) ?? null;
    if (own === null || target === null || judgement.verdict === "mismatch") continue;
    if (sides.weighed.facts.some((fact) => fact.module === path && fact.transform === null)) continue;
    const region = findRegion(sides.original, target, new Set(known.filter((tensor) => tensor !== target)));
    const norm = region.patterns.find((one) => one.kind === "normalisation" && one.output === target);
    const theirs = norm?.kind === "normalisation" ? norm.epsilon : null;
    if (theirs === null || Math.abs(theirs.value - own) <= SAME * Math.max(theirs.value, own)) continue;
    const text = `ε ${formatConstant(own)} where the original has ${formatConstant(theirs.value)}`;
    found.set(text, [...(found.get(text) ?? []), path]);
  }
  return [...found].map(
    ([text, paths]) => `a difference that no case shows: ${text} (${listNames(paths)}); small variances would`,
  );
}
