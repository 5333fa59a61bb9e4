import { join } from "node:path";
import type { Metrics } from "../compare/types.js";
import { type OpenRecording, openRecording } from "../recording/open-recording.js";
import { comparePair, type TwoSides } from "./compare-pairs.js";
import { type CandidateRun, makeReplacements, runCandidate } from "./forced-run.js";
import type { JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/** Both sides in float64, in the cases that decided about some pairs. */
export interface Float64Run {
  /** The error of a pair in float64 in the case, and the kind of run, that decided; null where a side did not give it. */
  metricsOf(one: JudgedPair): Metrics | null;
  /** Whether the original's tensor is exact to double. */
  isExact(one: JudgedPair): boolean;
  /** Ops of the original that could only be run in float32. */
  readonly single: readonly string[];
  close(): void;
}

/**
 * Runs the original and the candidate in float64: the candidate on the original's own float64 tensors for pairs that were
 * judged so, and freely for the others. Throws what either side throws that cannot be run so.
 *
 * @param all every pair, for what is forced
 * @param chosen the pairs that are asked about
 */
export async function runFloat64(
  sides: Sides,
  two: TwoSides,
  all: readonly JudgedPair[],
  chosen: readonly JudgedPair[],
  scratch: string,
): Promise<Float64Run> {
  const cases = new Set(chosen.flatMap((one) => one.decidedBy?.case ?? []));
  const tensorOf = (one: JudgedPair): string | null => two.referenceTaps.get(one.pair.reference)?.tensor ?? null;
  const { directory, single, touched } = await sides.referenceRunner.recordDouble(
    sides.original,
    sides.referenceCases.filter((one) => cases.has(one.id)),
    join(scratch, "float64-reference"),
    [...new Set(all.flatMap((one) => tensorOf(one) ?? []))],
  );
  const reference = openRecording(directory);
  const toClose: OpenRecording[] = [reference];
  const close = (): void => {
    for (const one of toClose) one.close();
  };
  const run = async (name: string, pairs: readonly JudgedPair[], forced: boolean): Promise<CandidateRun | null> => {
    if (pairs.length === 0) return null;
    const replace = makeReplacements(
      all.map((one) => one.pair),
      sides,
      reference,
    );
    const made = await runCandidate(sides, scratch, name, {
      precision: "float64",
      cases: sides.candidateCases.filter((one) => cases.has(one.id)),
      taps: pairs.map((one) => one.pair.candidate),
      force: forced ? { replace } : null,
    });
    toClose.push(made.recording);
    return made;
  };
  try {
    const forced = await run("float64-forced", chosen.filter(isLocal), true);
    const free = await run(
      "float64-free",
      chosen.filter((one) => !isLocal(one)),
      false,
    );
    return {
      single,
      metricsOf(one) {
        const candidate = (isLocal(one) ? forced : free)?.recording;
        if (candidate === undefined || one.decidedBy === null) return null;
        const [found] = comparePair({ ...two, reference, candidate }, one.pair, [one.decidedBy.case], null);
        return found?.metrics ?? null;
      },
      isExact: (one) => !touched.has(tensorOf(one) ?? ""),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Whether the pair was judged on what its layer makes of the original's own tensors. */
function isLocal(one: JudgedPair): boolean {
  return one.decidedBy !== null && one.local.includes(one.decidedBy);
}
