import { agreesLocally } from "./agrees-locally.js";
import { type ComparedPair, comparePair, type TwoSides } from "./compare-pairs.js";
import { makeReplacements, runCandidate } from "./forced-run.js";
import { isUserFailure } from "./is-user-failure.js";
import type { Sides } from "./run-sides.js";

/** What is wrongly forced misleads what comes after it: the rest is looked at again without it, so often at most. */
const MOST_ROUNDS = 4;

/**
 * Pairs that only names, weights or structure speak for are dropped where their values are far apart; behind a fault all
 * values are. Fed the original's own tensors, by those of the pairs in doubt too, a layer that gives exactly its partner's
 * tensor is that partner's, wherever the fault is.
 *
 * @returns candidate taps of the pairs that are right
 */
export async function confirmDoubted(
  sides: Sides,
  two: TwoSides,
  believed: readonly ComparedPair[],
  doubted: readonly ComparedPair[],
  scratch: string,
): Promise<ReadonlySet<string>> {
  const cases = sides.cases.map((one) => one.id);
  const right = new Set<ComparedPair>();
  for (let round = 0; round < MOST_ROUNDS && right.size < doubted.length; round++) {
    const open = doubted.filter((one) => !right.has(one));
    // First all are forced, for most will be right; then only those that are known to be.
    const given = round === 0 ? doubted : [...right];
    const replace = makeReplacements(
      [...believed, ...given].map((one) => one.pair),
      sides,
      two.reference,
    );
    const taps = open.map((one) => one.pair.candidate);
    try {
      const run = await runCandidate(sides, scratch, `doubted-${round}`, { taps, force: { replace } });
      const local: TwoSides = { ...two, candidate: run.recording };
      const found = open.filter(({ pair }) => {
        const compared = comparePair(local, pair, cases, null);
        return compared.length > 0 && compared.every(agreesLocally);
      });
      run.recording.close();
      if (found.length === 0 && round > 0) break;
      for (const one of found) right.add(one);
    } catch (error) {
      if (!isUserFailure(error)) throw error;
      if (round > 0) break;
    }
  }
  return new Set([...right].map((one) => one.pair.candidate));
}
