import { join } from "node:path";
import { compareTensors } from "../compare/compare-tensors.js";
import type { Bounds, Metrics } from "../compare/types.js";
import { type OpenRecording, openRecording } from "../recording/open-recording.js";
import type { TwoSides } from "./compare-pairs.js";
import { OTHER_SEED } from "./find-random-taps.js";
import { makeReplacements, runCandidate } from "./forced-run.js";
import { isUserFailure } from "./is-user-failure.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/** Both sides, run a second time on the same inputs, against the first time. */
export interface SecondRun {
  /** Figures of the second run against the first; null where one of them does not have the pair. */
  movement(
    one: JudgedPair,
    side: "reference" | "candidate",
    how: "local" | "accumulated",
    id: string,
    bounds?: Bounds,
  ): Metrics | null;
  close(): void;
}

/**
 * Runs both sides again. The candidate under another seed: what it draws without a seed of its own is other in every run of its
 * user's. Null when the candidate refuses to be run once more.
 */
export async function runAgain(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  scratch: string,
): Promise<SecondRun | null> {
  const pairs = judged.pairs.map((one) => one.pair);
  const tensors = pairs.flatMap((pair) => two.referenceTaps.get(pair.reference)?.tensor ?? []);
  const taps = pairs.map((pair) => pair.candidate);
  const open: OpenRecording[] = [];
  const close = (): void => {
    for (const one of open) one.close();
  };
  try {
    const candidates = async (): Promise<{ free: OpenRecording; forced: OpenRecording | null }> => {
      const free = (await runCandidate(sides, scratch, "again-free", { taps, seed: OTHER_SEED })).recording;
      open.push(free);
      if (judged.forced === null) return { free, forced: null };
      const force = { replace: makeReplacements(pairs, sides, two.reference) };
      const forced = (await runCandidate(sides, scratch, "again-forced", { taps, force, seed: OTHER_SEED })).recording;
      open.push(forced);
      return { free, forced };
    };
    const originals = async (): Promise<OpenRecording> => {
      const out = join(scratch, "again-reference");
      await sides.referenceRunner.fetch(sides.original, sides.referenceCases, out, tensors);
      const recording = openRecording(out);
      open.push(recording);
      return recording;
    };
    const [candidate, reference] = await Promise.all([candidates(), originals()]);
    return { movement: (...asked) => compareRuns(two, judged, candidate, reference, ...asked), close };
  } catch (error) {
    close();
    if (!isUserFailure(error)) throw error;
    return null;
  }
}

function compareRuns(
  two: TwoSides,
  judged: Judged,
  candidate: { readonly free: OpenRecording; readonly forced: OpenRecording | null },
  reference: OpenRecording,
  one: JudgedPair,
  side: "reference" | "candidate",
  how: "local" | "accumulated",
  id: string,
  bounds?: Bounds,
): Metrics | null {
  const isLocal = how === "local" && judged.forced !== null && candidate.forced !== null;
  const tensor = side === "candidate" ? one.pair.candidate : two.referenceTaps.get(one.pair.reference)?.tensor;
  if (tensor === undefined || tensor === null) return null;
  const [first, second] =
    side === "reference"
      ? [two.reference, reference]
      : isLocal
        ? [judged.forced?.recording ?? two.candidate, candidate.forced ?? candidate.free]
        : [two.candidate, candidate.free];
  const [before, after] = [first.tensor(id, tensor), second.tensor(id, tensor)];
  // Integers come back from the original as int32 whatever they are there; they cannot move by rounding.
  if (before === undefined || after === undefined || before.dtype !== after.dtype) return null;
  if (before.shape.join() !== after.shape.join()) return null;
  return compareTensors(before, after, bounds === undefined ? {} : { bounds });
}
