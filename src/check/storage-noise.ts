import { basename, dirname, join } from "node:path";
import { compareTensors } from "../compare/compare-tensors.js";
import { openSafetensors } from "../formats/safetensors.js";
import type { Movement } from "../judge/combine-floors.js";
import type { Replacement } from "../runners/candidate.js";
import type { Edit } from "../runners/edits.js";
import { type CandidateRun, runCandidate } from "./forced-run.js";
import type { Sides } from "./run-sides.js";

/** By tap and case. */
type Movements = ReadonlyMap<string, ReadonlyMap<string, Movement>>;

/**
 * What storing the original's hidden states in 16 bits does to the error of a tap: its own tensor was rounded, and so were
 * those that its layer is fed. Measured, as the other disturbances are: with tensors that might as well have been rounded to
 * the stored ones (`SideRecording.dithered`) the candidate is run once more, and what moves is what the storage may have
 * moved. Empty where nothing was stored in fewer bits.
 *
 * @param replace what is forced; null: nothing, only the tap's own tensor counts
 * @param targets the reference's tensor of every tap
 */
export async function measureStorageNoise(
  sides: Sides,
  scratch: string,
  name: string,
  taps: readonly string[],
  cases: ReadonlySet<string>,
  base: CandidateRun,
  replace: readonly Replacement[] | null,
  targets: readonly Replacement[],
  edits: readonly Edit[],
): Promise<Movements> {
  const { dithered } = sides.reference;
  if (dithered === undefined) return new Map();
  const run =
    replace === null
      ? null
      : await runCandidate(sides, scratch, name, {
          cases: sides.candidateCases.filter((one) => cases.has(one.id)),
          taps,
          force: { replace: fromFolder(replace, sides.reference.directory, dithered) },
          edits,
        });
  try {
    const own = new Map(targets.map((one) => [one.tap, one]));
    return new Map(
      taps.map((tap) => {
        const perCase = new Map<string, Movement>();
        for (const id of cases) {
          const fed = run === null ? NOTHING : move(base.recording.tensor(id, tap), run.recording.tensor(id, tap));
          const target = moveOfTarget(own.get(tap), id, sides.reference.directory, dithered);
          if (fed === null || fed.rms + target.rms === 0) continue;
          const relative = Math.hypot(fed.relative, target.relative);
          perCase.set(id, {
            from: "storage",
            rms: Math.hypot(fed.rms, target.rms),
            max: fed.max + target.max,
            relative,
          });
        }
        return [tap, perCase];
      }),
    );
  } finally {
    run?.recording.close();
  }
}

interface Moved {
  readonly rms: number;
  readonly max: number;
  readonly relative: number;
}

const NOTHING: Moved = { rms: 0, max: 0, relative: 0 };

type Tensor = Parameters<typeof compareTensors>[0];

function move(undisturbed: Tensor | undefined, disturbed: Tensor | undefined): Moved | null {
  if (undisturbed === undefined || disturbed === undefined) return null;
  const { rms, maxAbs, relativeL2 } = compareTensors(undisturbed, disturbed);
  return { rms, max: maxAbs?.value ?? 0, relative: relativeL2 };
}

/** The same replacements with the tensors of another folder. */
export function fromFolder(replace: readonly Replacement[], from: string, to: string): Replacement[] {
  return replace.map((one) => redirect(one, from, to));
}

function redirect(replacement: Replacement, from: string, to: string): Replacement {
  const files = Object.entries(replacement.files).map(([id, place]) => [
    id,
    dirname(place.file) === from ? { ...place, file: join(to, basename(place.file)) } : place,
  ]);
  return { ...replacement, files: Object.fromEntries(files) };
}

function moveOfTarget(target: Replacement | undefined, id: string, plain: string, dithered: string): Moved {
  const place = target?.files[id];
  if (place === undefined || dirname(place.file) !== plain) return NOTHING;
  const files = [place.file, join(dithered, basename(place.file))].map((path) => openSafetensors(path));
  try {
    const [one, other] = files.map((file) => file.tensors.get(place.tensor));
    return move(one, other) ?? NOTHING;
  } finally {
    for (const file of files) file.close();
  }
}
