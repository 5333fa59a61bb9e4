import { join } from "node:path";
import { compareTensors } from "../compare/compare-tensors.js";
import { combineFloors, type Movement } from "../judge/combine-floors.js";
import type { NoiseFloor } from "../judge/types.js";
import type { RecordRequest, Replacement } from "../runners/candidate.js";
import type { Edit } from "../runners/edits.js";
import { PrecisionUnsupported } from "../runners/wire.js";
import { findNarrowTaps } from "./find-narrow-taps.js";
import { findRandomTaps } from "./find-random-taps.js";
import { type CandidateRun, runCandidate } from "./forced-run.js";
import { isUserFailure } from "./is-user-failure.js";
import { listNames } from "./list-names.js";
import type { Sides } from "./run-sides.js";
import { measureStorageNoise } from "./storage-noise.js";

/** Floors by tap id and case id. */
export type Floors = ReadonlyMap<string, ReadonlyMap<string, NoiseFloor>>;

interface Disturbance {
  readonly from: keyof typeof HOW;
  readonly conditions: Pick<RecordRequest, "precision" | "perturb">;
}

/** The three ways in which rounding alone can move a result (DESIGN §6). Seeds are fixed so that a verdict repeats. */
const DISTURBANCES: readonly Disturbance[] = [
  { from: "float64", conditions: { precision: "float64", perturb: null } },
  {
    from: "permuted-reductions",
    conditions: { precision: "float32", perturb: { kind: "permute-reductions", seed: 1 } },
  },
  { from: "jitter", conditions: { precision: "float32", perturb: { kind: "jitter", seed: 1 } } },
];

const HOW: Readonly<Record<Exclude<NoiseFloor["from"], "storage">, string>> = {
  float64: "in float64",
  "permuted-reductions": "with its sums in another order",
  jitter: "with its inputs one unit in the last place off",
};

/**
 * Measures the noise floor of the given candidate taps: how far each moves from its undisturbed value `base` when the
 * candidate is run in float64, with its sums in another order, and with its inputs one unit in the last place off. Under
 * teacher forcing (`replace`) that is the local floor, without it (null) the accumulated one. Only the given cases are run:
 * a long one that nobody doubts would cost more than all others. `edits` are made in every run, as they were in `base`. Where the
 * original's tensors were stored in fewer bits (`targets`), what that may have moved counts as well.
 */
export async function measureFloors(
  sides: Sides,
  scratch: string,
  name: string,
  taps: readonly string[],
  cases: ReadonlySet<string>,
  base: CandidateRun,
  replace: readonly Replacement[] | null,
  edits: readonly Edit[] = [],
  targets: readonly Replacement[] = replace ?? [],
): Promise<{ floors: Floors; warnings: string[]; random: ReadonlySet<string> }> {
  const movements = new Map<string, Map<string, Movement[]>>();
  const warnings: string[] = [];
  const moved = new Set<string>();
  for (const { from, conditions } of DISTURBANCES) {
    let run: CandidateRun;
    try {
      run = await runCandidate(sides, scratch, `${name}-${from}`, {
        ...conditions,
        cases: sides.candidateCases.filter((one) => cases.has(one.id)),
        taps,
        force: replace === null ? null : { replace },
        edits,
      });
    } catch (error) {
      if (!(error instanceof PrecisionUnsupported) && !isUserFailure(error)) throw error;
      warnings.push(
        `the candidate cannot be run ${HOW[from]} (${error.message}); the noise floor is measured without that run`,
      );
      continue;
    }
    const narrow =
      from === "float64" && replace !== null
        ? await findNarrow(sides, taps, cases, base, run, replace, edits, join(scratch, `${name}-trace`))
        : new Set<string>();
    for (const tap of taps) {
      // What a layer loses in 16 bits is no noise of float32.
      if (narrow.has(tap)) continue;
      const perCase = movements.get(tap) ?? new Map<string, Movement[]>();
      movements.set(tap, perCase);
      for (const id of cases) {
        const movement = measureMovement(id, from, base, run, tap);
        if (movement === null) continue;
        perCase.set(id, [...(perCase.get(id) ?? []), movement]);
        if (movement.relative > LARGE_FLOOR) moved.add(tap);
      }
    }
    run.recording.close();
  }
  const stored = await measureStorageNoise(
    sides,
    scratch,
    `${name}-storage`,
    taps,
    cases,
    base,
    replace,
    targets,
    edits,
  );
  for (const [tap, perCase] of stored) {
    const known = movements.get(tap) ?? new Map<string, Movement[]>();
    movements.set(tap, known);
    for (const [id, movement] of perCase) known.set(id, [...(known.get(id) ?? []), movement]);
  }
  const { floors, strange } = combineAll(movements);
  if (strange.length > 0)
    warnings.push(
      `${listNames(strange)} computes something else in float64 than in float32 (random numbers, perhaps): that is not taken for rounding`,
    );
  const again = `${name}-again`;
  const random = await findRandomTaps(sides, scratch, again, [...moved], cases, base, replace, edits, LARGE_FLOOR);
  for (const tap of random) floors.delete(tap);
  if (random.size > 0) {
    const [first, ...others] = random;
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    warnings.push(
      `${first}${more} does not give the same again on the same inputs: it draws random numbers or reads a clock, which is not taken for rounding`,
    );
  }
  return { floors, warnings, random };
}

/** A floor over this, in units of the tensor's rms, is more than float32 loses in most layers: its layer is looked into. */
const LARGE_FLOOR = 1e-5;

async function findNarrow(
  sides: Sides,
  taps: readonly string[],
  cases: ReadonlySet<string>,
  base: CandidateRun,
  run: CandidateRun,
  replace: readonly Replacement[],
  edits: readonly Edit[],
  out: string,
): Promise<Set<string>> {
  const narrow = new Set<string>();
  for (const id of cases) {
    const large = taps.filter((tap) => {
      const [undisturbed, disturbed] = [base.recording.tensor(id, tap), run.recording.tensor(id, tap)];
      if (narrow.has(tap) || undisturbed === undefined || disturbed === undefined) return false;
      return compareTensors(disturbed, undisturbed).relativeL2 > LARGE_FLOOR;
    });
    for (const tap of await findNarrowTaps(sides, large, id, replace, edits, join(out, id))) narrow.add(tap);
  }
  return narrow;
}

function measureMovement(
  id: string,
  from: NoiseFloor["from"],
  base: CandidateRun,
  run: CandidateRun,
  tap: string,
): Movement | null {
  const undisturbed = base.recording.tensor(id, tap);
  const disturbed = run.recording.tensor(id, tap);
  if (undisturbed === undefined || disturbed === undefined) return null;
  const { rms, maxAbs, relativeL2 } = compareTensors(disturbed, undisturbed);
  return { from, rms, max: maxAbs?.value ?? 0, relative: relativeL2 };
}

function combineAll(movements: ReadonlyMap<string, ReadonlyMap<string, readonly Movement[]>>): {
  readonly floors: Map<string, Map<string, NoiseFloor>>;
  /** Taps whose run in float64 was left out. */
  readonly strange: readonly string[];
} {
  const strange = new Set<string>();
  const floors = new Map<string, Map<string, NoiseFloor>>();
  for (const [tap, cases] of movements) {
    const own = new Map<string, NoiseFloor>();
    for (const [id, all] of cases) {
      const combined = combineFloors(all);
      if (combined === null) continue;
      own.set(id, combined.floor);
      if (combined.strange) strange.add(tap);
    }
    floors.set(tap, own);
  }
  return { floors, strange: [...strange] };
}
