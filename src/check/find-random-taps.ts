import { compareTensors } from "../compare/compare-tensors.js";
import type { Replacement } from "../runners/candidate.js";
import type { Edit } from "../runners/edits.js";
import { type CandidateRun, runCandidate } from "./forced-run.js";
import { isUserFailure } from "./is-user-failure.js";
import type { Sides } from "./run-sides.js";

/** Any seed that nobody asked for. */
export const OTHER_SEED = 0x5eed;

/**
 * The candidate taps among the given ones that hold something else under another seed of the random generators: by more than
 * `least` (relative L2). What a port draws at random moves it in every run, as rounding does, and is none. Empty when the
 * candidate cannot be run once more.
 *
 * @param base the run that they are held against, under the same forcing and edits
 */
export async function findRandomTaps(
  sides: Sides,
  scratch: string,
  name: string,
  taps: readonly string[],
  cases: ReadonlySet<string>,
  base: CandidateRun,
  replace: readonly Replacement[] | null,
  edits: readonly Edit[],
  least: number,
): Promise<ReadonlySet<string>> {
  if (taps.length === 0) return new Set();
  try {
    const run = await runCandidate(sides, scratch, name, {
      cases: sides.candidateCases.filter((one) => cases.has(one.id)),
      taps,
      force: replace === null ? null : { replace },
      edits,
      seed: OTHER_SEED,
    });
    const differs = (tap: string, id: string): boolean => {
      const [one, other] = [base.recording.tensor(id, tap), run.recording.tensor(id, tap)];
      return one !== undefined && other !== undefined && compareTensors(other, one).relativeL2 > least;
    };
    const random = new Set(taps.filter((tap) => [...cases].some((id) => differs(tap, id))));
    run.recording.close();
    return random;
  } catch (error) {
    if (!isUserFailure(error)) throw error;
    return new Set();
  }
}
