import { join } from "node:path";
import { openRecording } from "../recording/open-recording.js";
import type { CandidateCase } from "../runners/candidate.js";
import { alignSides } from "./align-sides.js";
import { isAskedIn16Bits } from "./asked-precision.js";
import { comparePair, type TwoSides, worstError } from "./compare-pairs.js";
import { type InputPermutations, underLayout } from "./input-layouts.js";
import { isUserFailure } from "./is-user-failure.js";
import type { Sides } from "./run-sides.js";

/** Relative L2 up to which two tensors of the free runs are the same quantity computed in two places. */
const AGREES = 1e-3;
/** The same of a candidate in 16 bits. */
const AGREES_16 = 5e-2;

/**
 * Many a port runs whatever the order of its input's axes: a recurrent layer takes any batch and any length. Where the
 * outputs do not agree, the other ways to feed it are tried too, and the one under which most tensors agree is kept; the
 * first one when no other is better, for then it is the port that is wrong.
 */
export async function settleInputLayout(
  sides: Sides,
  layouts: readonly InputPermutations[],
  plainCases: readonly CandidateCase[],
  map: Readonly<Record<string, string>>,
  scratch: string,
): Promise<Sides> {
  if (layouts.length < 2) return sides;
  let best = { sides, ...agreement(sides, map) };
  if (best.outputsAgree) return sides;
  const tried = JSON.stringify(sides.candidateCases);
  for (const [i, layout] of layouts.entries()) {
    const candidateCases = underLayout(plainCases, layout);
    if (JSON.stringify(candidateCases) === tried) continue;
    try {
      const free = await sides.candidate.record({
        out: join(scratch, `free-${i}`),
        cases: candidateCases,
        taps: "all",
        precision: "float32",
        perturb: null,
        force: null,
        edits: [],
      });
      const other: Sides = { ...sides, candidateCases, free };
      const found = agreement(other, map);
      if (found.agreeing > best.agreeing) best = { sides: other, ...found };
      if (found.outputsAgree) break;
    } catch (error) {
      if (!isUserFailure(error)) throw error;
    }
  }
  return best.sides;
}

/** How many pairs agree in every case, and whether all paired outputs are among them. */
function agreement(sides: Sides, map: Readonly<Record<string, string>>): { agreeing: number; outputsAgree: boolean } {
  const two: TwoSides = {
    reference: openRecording(sides.reference.directory),
    candidate: openRecording(sides.free.directory),
    referenceTaps: new Map(sides.reference.taps.map((tap) => [tap.id, tap])),
    candidateTaps: new Map(sides.free.taps.map((tap) => [tap.id, tap])),
  };
  try {
    const cases = sides.cases.map((one) => one.id);
    const judged = alignSides(sides, two, map).pairs.map((pair) => ({
      agrees:
        worstError({ accumulated: comparePair(two, pair, cases, null) }) <=
        (isAskedIn16Bits(sides) ? AGREES_16 : AGREES),
      isOutput: two.candidateTaps.get(pair.candidate)?.isOutput ?? false,
    }));
    const outputs = judged.filter((one) => one.isOutput);
    return {
      agreeing: judged.filter((one) => one.agrees).length,
      outputsAgree: outputs.length > 0 && outputs.every((one) => one.agrees),
    };
  } finally {
    two.reference.close();
    two.candidate.close();
  }
}
