import type { Proof } from "../diagnose/conclude.js";
import { transferEdits } from "../diagnose/transfer-edits.js";
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

/** The contender with its edits made in every other layer of the same kind (pairs). Loaded values belong to one layer only. */
export function spread(contender: Contender, pair: string, alike: readonly string[]): Contender {
  const own = { ...contender, hypothesis: { ...contender.hypothesis, pairs: [pair] } };
  if (contender.hypothesis.repairs.some((repair) => repair.kind !== "edit")) return own;
  const places = alike.flatMap((other) => {
    const edits = other === pair ? null : transferEdits(contender.edits, pair, other);
    return edits === null ? [] : [{ pair: other, edits }];
  });
  return { ...own, hypothesis: { ...own.hypothesis, pairs: [pair, ...places.map((one) => one.pair)] }, places };
}
