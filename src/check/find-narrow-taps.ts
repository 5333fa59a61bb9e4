import type { Replacement } from "../runners/candidate.js";
import type { Edit } from "../runners/edits.js";
import { isAskedIn16Bits } from "./asked-precision.js";
import { isUserFailure } from "./is-user-failure.js";
import type { Sides } from "./run-sides.js";

const NARROW: ReadonlySet<string> = new Set(["float16", "bfloat16"]);

/**
 * The candidate taps among the given ones that are computed in 16 bits somewhere. A run in float64 widens those steps, so
 * that what they lose looks like rounding of float32 there, when it is a choice of the port's. Empty when the candidate
 * cannot be traced.
 *
 * @param replace what is forced, so that only the layers' own steps are seen
 * @param out a folder for what the trace leaves behind
 */
export async function findNarrowTaps(
  sides: Sides,
  taps: readonly string[],
  caseId: string,
  replace: readonly Replacement[],
  edits: readonly Edit[],
  out: string,
): Promise<ReadonlySet<string>> {
  // What was asked for is no choice of the port's.
  if (taps.length === 0 || isAskedIn16Bits(sides)) return new Set();
  try {
    const traces = await sides.candidate.trace({
      out,
      cases: sides.candidateCases.filter((one) => one.id === caseId),
      taps,
      force: { replace },
      edits,
    });
    const narrow = traces.filter(({ tensors }) => tensors.some((tensor) => NARROW.has(tensor.dtype)));
    return new Set(narrow.map((trace) => trace.tap));
  } catch (error) {
    if (!isUserFailure(error)) throw error;
    return new Set();
  }
}
