import { join } from "node:path";
import { kindOfLayer } from "../diagnose/hypothesis-key.js";
import type { Edit } from "../runners/edits.js";
import { agreesLocally } from "./agrees-locally.js";
import { comparePair, type TwoSides } from "./compare-pairs.js";
import { makeReplacements, runCandidate } from "./forced-run.js";
import { isUserFailure } from "./is-user-failure.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { createEditMaker } from "./make-edits.js";
import type { Sides } from "./run-sides.js";

/** So few of a kind are each asked. */
const FEW = 3;
/** So many kinds of layers are asked; where more differ the fault is no matter of pairs. */
const MOST_KINDS = 8;

/**
 * Pairs that are not the same quantity although a fault elsewhere makes everything differ: a module `block` whose residual is
 * added outside of it. Fed the original's own tensors it differs, and so does what reads it, for that is fed the wrong
 * tensor. Left as the port computes it, with everything else the original's, what reads it is right: no faulty layer does
 * that. Weights that are plainly not what they should be are loaded for it: what reads a wrong tensor may have a fault of
 * its own, which would hide this.
 *
 * @returns candidate taps
 */
export async function findLocalWrongTaps(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  scratch: string,
): Promise<ReadonlySet<string>> {
  const wrong = new Set<string>();
  const differing = judged.pairs.filter((one) => one.judgement.verdict === "mismatch");
  const mayBe = differing.filter(
    ({ pair }) => pair.matchedBy !== "map" && !(two.candidateTaps.get(pair.candidate)?.isOutput ?? true),
  );
  if (judged.forced === null || differing.length < 2) return wrong;
  // Layers of one kind are wrong together or not at all: the first of each kind is asked, and the others only if it is.
  const kinds = new Map<string, JudgedPair[]>();
  for (const one of mayBe) kinds.set(kindOfLayer(one.pair.id), [...(kinds.get(kindOfLayer(one.pair.id)) ?? []), one]);
  const small = smallestCase(sides, two, judged);
  const every = sides.cases.map((one) => one.id);
  const loaded = loadWeights(sides, scratch);
  for (const group of [...kinds.values()].slice(0, MOST_KINDS)) {
    for (const one of group) {
      const later = differing.slice(differing.indexOf(one) + 1);
      const readsRight = async (edits: readonly Edit[]): Promise<boolean> =>
        (await isReadRight(sides, two, judged, one, later, wrong, [small], edits, scratch)) &&
        (await isReadRight(sides, two, judged, one, later, wrong, every, edits, scratch));
      const found = later.length > 0 && ((await readsRight([])) || (loaded.length > 0 && (await readsRight(loaded))));
      if (found) wrong.add(one.pair.candidate);
      else if (group.length > FEW) break;
    }
  }
  return wrong;
}

/**
 * Whether something that differs, fed what this layer computes instead of its partner's tensor, is right, and the layer itself
 * is not. One that is right as soon as its weights are loaded has the right partner and wrong weights.
 */
async function isReadRight(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  one: JudgedPair,
  later: readonly JudgedPair[],
  wrong: ReadonlySet<string>,
  cases: readonly string[],
  edits: readonly Edit[],
  scratch: string,
): Promise<boolean> {
  const given = judged.pairs.filter((other) => other !== one && !wrong.has(other.pair.candidate));
  try {
    const run = await runCandidate(sides, scratch, "unforced", {
      cases: sides.candidateCases.filter((each) => cases.includes(each.id)),
      taps: [one, ...later].map((other) => other.pair.candidate),
      edits,
      force: {
        replace: makeReplacements(
          given.map((other) => other.pair),
          sides,
          two.reference,
        ),
      },
    });
    const local: TwoSides = { ...two, candidate: run.recording };
    const found = !isRight(local, one, cases) && later.some((other) => isRight(local, other, cases));
    run.recording.close();
    return found;
  } catch (error) {
    if (!isUserFailure(error)) throw error;
    return false;
  }
}

/** Loads every parameter that differs from the variable it was given. */
function loadWeights(sides: Sides, scratch: string): readonly Edit[] {
  const { facts } = sides.weighed;
  let files = 0;
  const maker = createEditMaker(facts, sides.variables, () => join(scratch, `loaded-${files++}.safetensors`));
  return facts
    .filter((one) => one.transform === null || (one.expected !== null && one.transform !== one.expected))
    .flatMap(({ parameter, key }) => maker.make({ repairs: [{ kind: "load", parameter, key }] }) ?? []);
}

/** The case whose tensors have the fewest elements. */
function smallestCase(sides: Sides, two: TwoSides, judged: Judged): string {
  const sizeOf = (id: string): number =>
    judged.pairs.reduce((sum, { pair }) => {
      const shape = two.candidateTaps.get(pair.candidate)?.shapes[id] ?? [];
      return sum + shape.reduce((a, b) => a * b, 1);
    }, 0);
  return [...sides.cases].sort((a, b) => sizeOf(a.id) - sizeOf(b.id))[0]?.id ?? "";
}

function isRight(local: TwoSides, { pair }: JudgedPair, cases: readonly string[]): boolean {
  const compared = comparePair(local, pair, cases, null);
  return compared.length > 0 && compared.every(agreesLocally);
}
