import type { Proof } from "../diagnose/conclude.js";
import type { Edit } from "../runners/edits.js";
import type { Repaired } from "./judge-again.js";
import type { Contender, UnitOutcome } from "./try-hypotheses.js";

/** A cause that concerns several layers is believed when it is among what repairs each of them. */
export function believeEverywhere(contenders: readonly Contender[], outcomes: readonly UnitOutcome[]): Contender[] {
  return contenders.filter((contender) => {
    const own = outcomes.filter(({ unit }) => unit.contenders.includes(contender));
    return own.length > 0 && own.every(({ chosen }) => chosen.includes(contender));
  });
}

/** The same edit made twice would be made upon itself. */
export function withoutRepeats(edits: readonly Edit[]): Edit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()];
}

/** Several layers as one: the figures of the one that moved most. */
export function worst(all: readonly Repaired[]): Repaired {
  const most = [...all].sort((a, b) => b.errorBefore - a.errorBefore)[0] ?? NOTHING;
  return { ...most, quiet: all.every((one) => one.quiet) };
}

const NOTHING: Repaired = { errorBefore: 0, errorAfter: 0, floor: null, quiet: false };

/** An experiment that leaves most of the error where it was speaks against what it tried. */
export function isRefuted(proof: Proof): boolean {
  return proof.kind === "not-repaired" && proof.errorAfter !== null && !(proof.errorAfter < proof.errorBefore / 2);
}

/** The contender at its own layer only. */
export function alone({ hypothesis, edits }: Contender): Contender {
  return { hypothesis: { ...hypothesis, pairs: hypothesis.pairs.slice(0, 1) }, edits };
}
