import { isUnderBound } from "../judge/judge-pair.js";
import { comparePair, type TwoSides } from "./compare-pairs.js";
import { makeReplacements, runCandidate } from "./forced-run.js";
import { isUserFailure } from "./is-user-failure.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/** So many differing layers are doubted; where more differ the fault is no matter of pairs. */
const MOST_DOUBTED = 12;

/**
 * Pairs that are not the same quantity although a fault elsewhere makes everything differ: a module `block` whose residual is
 * added outside of it. Fed the original's own tensors it differs, and so does what reads it, for that is fed the wrong
 * tensor. Left as the port computes it, with everything else the original's, what reads it is right: no faulty layer does
 * that.
 *
 * @returns candidate taps
 */
export async function findLocalWrongTaps(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  scratch: string,
): Promise<ReadonlySet<string>> {
  const wrong = new Set<string>();
  const differing = judged.pairs.filter((one) => one.judgement.verdict === "mismatch");
  const cases = sides.cases.map((one) => one.id);
  const mayBe = differing.filter(
    ({ pair }) => pair.matchedBy !== "map" && !(two.candidateTaps.get(pair.candidate)?.isOutput ?? true),
  );
  if (judged.forced === null || differing.length < 2 || mayBe.length > MOST_DOUBTED) return wrong;
  for (const [i, one] of mayBe.entries()) {
    const later = differing.slice(differing.indexOf(one) + 1);
    if (later.length === 0) continue;
    const given = judged.pairs.filter((other) => other !== one && !wrong.has(other.pair.candidate));
    try {
      const run = await runCandidate(sides, scratch, `unforced-${i}`, {
        taps: later.map((other) => other.pair.candidate),
        force: {
          replace: makeReplacements(
            given.map((other) => other.pair),
            sides,
            two.reference,
          ),
        },
      });
      const local: TwoSides = { ...two, candidate: run.recording };
      if (later.some((other) => isRight(local, other, cases))) wrong.add(one.pair.candidate);
      run.recording.close();
    } catch (error) {
      if (!isUserFailure(error)) throw error;
    }
  }
  return wrong;
}

function isRight(local: TwoSides, { pair }: JudgedPair, cases: readonly string[]): boolean {
  const compared = comparePair(local, pair, cases, null);
  return compared.length > 0 && compared.every(({ metrics }) => metrics.identical || isUnderBound(metrics));
}
