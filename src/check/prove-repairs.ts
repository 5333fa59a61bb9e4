import type { Verdict } from "../report/types.js";
import type { Edit } from "../runners/edits.js";
import { isAskedIn16Bits } from "./asked-precision.js";
import { comparePair, type TwoSides, worstError } from "./compare-pairs.js";
import { runCandidate } from "./forced-run.js";
import type { JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/** How the whole model stands with all confirmed repairs made. Errors are relative L2, the worst output and case. */
export interface AfterRepairs {
  readonly verdict: Verdict;
  readonly outputErrorBefore: number;
  readonly outputErrorAfter: number;
}

/** An output this close (relative L2) to the original's is the original's, up to rounding. */
export const REPAIRED_OUTPUT = 1e-5;

/** Runs the candidate once more, freely, with all repairs made. Without an output to compare nothing is proved: null. */
export async function proveRepairs(
  sides: Sides,
  two: TwoSides,
  pairs: readonly JudgedPair[],
  edits: readonly Edit[],
  allExplained: boolean,
  scratch: string,
): Promise<AfterRepairs | null> {
  const outputs = pairs.filter((one) => two.candidateTaps.get(one.pair.candidate)?.isOutput);
  if (edits.length === 0 || outputs.length === 0) return null;
  const { recording } = await runCandidate(sides, scratch, "repaired", {
    taps: outputs.map((one) => one.pair.candidate),
    edits,
    // Of a candidate in 16 bits the function is proved, not its rounding.
    precision: isAskedIn16Bits(sides) ? "float64" : "float32",
  });
  const cases = sides.cases.map((one) => one.id);
  const repaired = outputs.map(({ pair }) => ({
    pair,
    accumulated: comparePair({ ...two, candidate: recording }, pair, cases, null),
  }));
  recording.close();
  const after = Math.max(...repaired.map(worstError));
  return {
    verdict: allExplained && after <= REPAIRED_OUTPUT ? "parity" : "mismatch",
    outputErrorBefore: Math.max(...outputs.map(worstError)),
    outputErrorAfter: after,
  };
}
