import { conclude, type Proof } from "../diagnose/conclude.js";
import { keyOf } from "../diagnose/hypothesis-key.js";
import type { Finding, Hypothesis } from "../diagnose/types.js";
import { isRefuted } from "./believed.js";
import type { UnitOutcome } from "./try-hypotheses.js";

/** A suspicion from a layer's figures is only told when this much speaks for it. */
const STRONG = 0.6;

/** A hypothesis that repaired one case, and why that was not enough. */
export interface Unproved {
  readonly hypothesis: Hypothesis;
  readonly proof: Extract<Proof, { readonly kind: "not-repaired" }>;
}

/**
 * What the weights or a layer's own figures speak for, although no experiment could prove it.
 *
 * @param open pairs that nothing explains; @param general what the weights propose
 * @param isRandom whether a pair changes by itself: no experiment can tell anything of it
 */
export function suspicions(
  open: ReadonlySet<string>,
  general: readonly Hypothesis[],
  outcomes: ReadonlyMap<string, UnitOutcome>,
  unproved: readonly Unproved[],
  isRandom: (pair: string) => boolean,
): Finding[] {
  const left = unproved.filter(({ proof }) => open.has(proof.pair));
  const seen = new Set(left.map(({ hypothesis }) => keyOf(hypothesis)));
  const found = left.map(({ hypothesis, proof }) => conclude(hypothesis, proof));
  for (const [pair, outcome] of outcomes) {
    if (!open.has(pair)) continue;
    const own = general
      .filter((one) => one.pairs.includes(pair))
      .filter((one) => one.prior >= STRONG || (!isRandom(pair) && !isRefuted(proofAgainst(one, outcome))));
    const tried = outcome.unit.contenders
      .map((one) => one.hypothesis)
      .filter((one) => one.prior >= STRONG && !isRefuted(proofAgainst(one, outcome)) && !isIllPosed(one, outcome));
    for (const hypothesis of [...own, ...tried.slice(0, 1)]) {
      if (seen.has(keyOf(hypothesis))) continue;
      seen.add(keyOf(hypothesis));
      found.push(conclude(hypothesis, proofAgainst(hypothesis, outcome)));
    }
  }
  return found;
}

function proofAgainst(hypothesis: Hypothesis, outcome: UnitOutcome): Proof {
  const alone = triedAlone(hypothesis, outcome);
  return {
    kind: "not-repaired",
    pair: outcome.unit.pair,
    errorBefore: outcome.unit.before,
    errorAfter: alone?.error ?? null,
    failure: alone === undefined ? "it was not tried" : alone.failure,
  };
}

/** The experiment itself cannot be made here, while others at this layer can: what it would change is not of that kind. */
function isIllPosed(hypothesis: Hypothesis, outcome: UnitOutcome): boolean {
  const alone = triedAlone(hypothesis, outcome);
  return alone?.error === null && outcome.tried.some((one) => one.error !== null);
}

function triedAlone(hypothesis: Hypothesis, outcome: UnitOutcome): UnitOutcome["tried"][number] | undefined {
  const at = outcome.unit.contenders.findIndex((one) => keyOf(one.hypothesis) === keyOf(hypothesis));
  return outcome.tried.find((one) => one.set.length === 1 && one.set[0] === at);
}
