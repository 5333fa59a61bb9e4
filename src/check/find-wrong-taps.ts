import { compareTensors } from "../compare/compare-tensors.js";
import { NOISE_FACTORS } from "../judge/judge-pair.js";
import type { OpenRecording } from "../recording/open-recording.js";
import { isAskedIn16Bits } from "./asked-precision.js";
import { type ComparedPair, comparePair, type TwoSides, worstError } from "./compare-pairs.js";
import { makeReplacements, runCandidate } from "./forced-run.js";
import { isUserFailure } from "./is-user-failure.js";
import type { Sides } from "./run-sides.js";
import { fromFolder } from "./storage-noise.js";

/** Agreement of the free run (relative L2) that only the same function gives; rounding through a hundred layers stays below. */
const AGREES = 1e-5;
/** A wrong tap is plainly another tensor, not one that is a little off. */
const PLAINLY_OFF = 1e-3;
/** The same for a candidate in 16 bits, whose rounding through many layers comes to per cents. */
const AGREES_16 = 5e-2;
const PLAINLY_OFF_16 = 3e-1;

/**
 * Pairs of equal names that are not the same quantity: a module `mlp` that gives `x + mlp(x)`. Such a tensor is far off
 * while everything computed after it agrees. A faulty layer whose error dies out behind it looks the same, so the
 * original's tensor is put in its place: if that disturbs what agreed before, the tensors are not the same quantity.
 */
export async function findWrongTaps(
  all: readonly ComparedPair[],
  sides: Sides,
  two: TwoSides,
  scratch: string,
): Promise<ReadonlySet<ComparedPair>> {
  const outputs = new Set(sides.free.taps.filter((tap) => tap.isOutput).map((tap) => tap.id));
  const isCoarse = isAskedIn16Bits(sides);
  const agrees = isCoarse ? AGREES_16 : AGREES;
  const suspects = findSuspects(all, outputs, agrees, isCoarse ? PLAINLY_OFF_16 : PLAINLY_OFF);
  const sound = all.filter((one) => worstError(one) <= agrees);
  const kinds = new Map<string, ComparedPair[]>();
  for (const one of suspects) {
    const kind = one.pair.candidate.replace(/\d+/g, "#");
    kinds.set(kind, [...(kinds.get(kind) ?? []), one]);
  }
  const wrong = new Set<ComparedPair>();
  for (const [i, kind] of [...kinds.values()].entries()) {
    if (await disturbs(kind, sound, agrees, sides, two, scratch, i)) for (const one of kind) wrong.add(one);
  }
  return wrong;
}

/** From the last pair to the first, so that a wrong tap in every block is seen in every block. */
function findSuspects(
  all: readonly ComparedPair[],
  outputs: ReadonlySet<string>,
  agrees: number,
  plainlyOff: number,
): ComparedPair[] {
  const suspects: ComparedPair[] = [];
  let outputSeen = false;
  for (const one of [...all].reverse()) {
    const error = worstError(one);
    const isOutput = outputs.has(one.pair.candidate);
    if (error <= agrees) {
      outputSeen ||= isOutput;
      continue;
    }
    if (isOutput || error <= plainlyOff || one.pair.matchedBy === "map" || !outputSeen) break;
    suspects.push(one);
  }
  return suspects;
}

async function disturbs(
  suspects: readonly ComparedPair[],
  sound: readonly ComparedPair[],
  agrees: number,
  sides: Sides,
  two: TwoSides,
  scratch: string,
  i: number,
): Promise<boolean> {
  const replace = makeReplacements(
    suspects.map((one) => one.pair),
    sides,
    two.reference,
  );
  // Nothing of the original's is there to put in its place (sketches): an error that reaches nothing is taken for another tensor.
  if (replace.every(({ files }) => Object.keys(files).length === 0)) return true;
  const taps = sound.map((one) => one.pair.candidate);
  const { dithered } = sides.reference;
  const open: OpenRecording[] = [];
  try {
    const { recording } = await runCandidate(sides, scratch, `tap-${i}`, { taps, force: { replace } });
    open.push(recording);
    // What was rounded for storage disturbs, too: by as much as another rounding would move it.
    const other = dithered === undefined ? null : fromFolder(replace, sides.reference.directory, dithered);
    const again =
      other === null
        ? null
        : await runCandidate(sides, scratch, `tap-${i}-stored`, { taps, force: { replace: other } });
    if (again !== null) open.push(again.recording);
    const cases = sides.cases.map((one) => one.id);
    return sound.some(({ pair }) =>
      comparePair({ ...two, candidate: recording }, pair, cases, null).some((one) => {
        const moved = again === null ? 0 : movement(recording, again.recording, one.case, pair.candidate);
        return worstError({ accumulated: [one] }) > agrees + NOISE_FACTORS.rms * moved;
      }),
    );
  } catch (error) {
    if (!isUserFailure(error)) throw error;
    return true;
  } finally {
    for (const one of open) one.close();
  }
}

/** Relative L2. */
function movement(one: OpenRecording, other: OpenRecording, id: string, tap: string): number {
  const [before, after] = [one.tensor(id, tap), other.tensor(id, tap)];
  return before === undefined || after === undefined ? 0 : compareTensors(before, after).relativeL2;
}
