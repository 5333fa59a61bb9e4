import { NOISE_FACTORS } from "../judge/judge-pair.js";
import type { Edit } from "../runners/edits.js";
import { isAskedIn16Bits } from "./asked-precision.js";
import type { TwoSides } from "./compare-pairs.js";
import { runCandidate } from "./forced-run.js";
import { isUserFailure } from "./is-user-failure.js";
import { compareWithReference, type JudgedPair } from "./judge-pairs.js";
import { isQuiet, type Laboratory, largestError } from "./laboratory.js";
import { measureFloors } from "./measure-floors.js";
import type { Sides } from "./run-sides.js";

/** How one pair stands with edits made: the largest error over the cases, and whether every case is within noise. */
export interface Repaired {
  readonly errorBefore: number;
  readonly errorAfter: number;
  /** The largest measured floor (max) over the cases; null where the bound of rounding settled all of them. */
  readonly floor: number | null;
  readonly quiet: boolean;
}

/**
 * Runs the candidate once more on the original's own tensors with the edits made, in every case, and judges the given pairs
 * again. Noise floors are those of the repaired model: a fault may have made a layer noisier than it is.
 *
 * @returns null when the candidate cannot be run with the edits, with the reason
 */
export async function judgeAgain(
  sides: Sides,
  two: TwoSides,
  pairs: readonly JudgedPair[],
  laboratory: Laboratory,
  edits: readonly Edit[],
): Promise<ReadonlyMap<string, Repaired> | { readonly failure: string }> {
  const { replace } = laboratory;
  const taps = pairs.map((one) => one.pair.candidate);
  const folder = laboratory.newFolder();
  const isIn16Bits = isAskedIn16Bits(sides);
  const hopeless = (id: string, one: JudgedPair): number => {
    const tensor = two.referenceTaps.get(one.pair.reference)?.tensor ?? "";
    const usual = isIn16Bits ? HOPELESS_16_BITS : HOPELESS;
    return Math.max(usual, HOPELESS_LOSSES * two.reference.lossOf(id, tensor));
  };
  try {
    const run = await runCandidate(sides, folder, "edited", { taps, force: { replace }, edits });
    const measured = pairs.map((one) => {
      const entries = one.local.length > 0 ? one.local : one.accumulated;
      const cases = entries.map((entry) => {
        const candidate = run.recording.tensor(entry.case, one.pair.candidate);
        const metrics = candidate === undefined ? null : compareWithReference(two, one, entry.case, candidate);
        return { before: entry.metrics, case: entry.case, metrics };
      });
      return { one, cases };
    });
    const doubted = measured.flatMap(({ one, cases }) =>
      cases.flatMap(({ case: id, metrics }) =>
        metrics === null || isQuiet(metrics, undefined, 1) || metrics.relativeL2 > hopeless(id, one)
          ? []
          : [{ tap: one.pair.candidate, id }],
      ),
    );
    const floors =
      doubted.length === 0
        ? new Map()
        : (
            await measureFloors(
              sides,
              folder,
              "floor",
              [...new Set(doubted.map((one) => one.tap))],
              new Set(doubted.map((one) => one.id)),
              run,
              replace,
              edits,
            )
          ).floors;
    run.recording.close();
    return new Map(
      measured.map(({ one, cases }) => {
        const floorOf = (id: string) => floors.get(one.pair.candidate)?.get(id);
        const known = cases.flatMap(({ case: id }) => floorOf(id)?.max ?? []);
        return [
          one.pair.id,
          {
            errorBefore: Math.max(0, ...cases.map(({ before }) => largestError(before))),
            errorAfter: Math.max(
              0,
              ...cases.map(({ metrics }) => (metrics === null ? Number.POSITIVE_INFINITY : largestError(metrics))),
            ),
            floor: known.length === 0 ? null : Math.max(...known),
            quiet:
              cases.length > 0 &&
              cases.every(
                ({ case: id, metrics }) => metrics !== null && isQuiet(metrics, floorOf(id), NOISE_FACTORS.rms),
              ),
          },
        ];
      }),
    );
  } catch (error) {
    if (!isUserFailure(error)) throw error;
    return { failure: error.message };
  }
}

/** An error this large (relative L2) is not worth measuring a floor for. */
const HOPELESS = 1e-3;
/** Where the port has 16 bits, that alone may be 2^-9, and more behind a sum that cancels. */
const HOPELESS_16_BITS = 3e-2;
/** Where the original's tensor was rounded for storage: so many times what that may have cost it, for sums that cancel. */
const HOPELESS_LOSSES = 64;
