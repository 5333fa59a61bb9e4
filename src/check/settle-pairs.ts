import type { Alignment, Pair, Unmatched } from "../align/types.js";
import { kindOfLayer } from "../diagnose/hypothesis-key.js";
import { ParityError } from "../errors.js";
import { alignSides } from "./align-sides.js";
import { type ComparedPair, comparePair, type TwoSides, worstError } from "./compare-pairs.js";
import { findWrongTaps } from "./find-wrong-taps.js";
import { viewReference } from "./reference-view.js";
import type { Sides } from "./run-sides.js";

export interface SettledPairs {
  readonly compared: readonly ComparedPair[];
  /** Pairs whose tensors turned out not to be the same quantity, with the reason. */
  readonly rejected: readonly (ComparedPair & { readonly why: string })[];
  /** Pairs that are not sure and whose values are far apart. */
  readonly doubted: readonly ComparedPair[];
  readonly unmatched: Alignment["unmatched"];
}

/** What was found out about the pairs since they were first made. */
export interface PairHints {
  /** Scopes that modules are, by module path (find-narrower-scopes.ts). */
  readonly narrower: ReadonlyMap<string, string>;
  /** Reference taps that candidate taps are. */
  readonly known: ReadonlyMap<string, string>;
  /** Candidate taps whose pairs are right however far apart the values are (confirm-doubted.ts). */
  readonly confirmed: ReadonlySet<string>;
  /** Candidate taps that are not the same quantity as their partners (find-local-wrong-taps.ts). */
  readonly wrong: ReadonlySet<string>;
}

export const NO_HINTS: PairHints = { narrower: new Map(), known: new Map(), confirmed: new Set(), wrong: new Set() };

/** Pairs less sure than this must also agree in their values. */
const SURE = 0.9;
/** Two tensors that were only thought to be one and are further apart than this (relative L2) are not compared. */
const SAME_QUANTITY = 0.05;

/** Aligns the two recordings, compares them as they ran freely, and drops pairs that the values disprove. */
export async function settlePairs(
  sides: Sides,
  two: TwoSides,
  map: Readonly<Record<string, string>>,
  scratch: string,
  { narrower, known, confirmed, wrong: unlike }: PairHints = NO_HINTS,
): Promise<SettledPairs> {
  const alignment = alignSides(sides, two, map, narrower, known);
  checkMap(map, alignment, sides);
  const cases = sides.cases.map((one) => one.id);
  const all = alignment.pairs.map((pair) => ({ pair, accumulated: comparePair(two, pair, cases, null) }));
  const isOutput = (pair: Pair): boolean => two.candidateTaps.get(pair.candidate)?.isOutput ?? false;
  const unsure = all.filter(
    (one) =>
      one.pair.confidence < SURE &&
      !confirmed.has(one.pair.candidate) &&
      !isOutput(one.pair) &&
      worstError(one) > SAME_QUANTITY &&
      !isBlock(one.pair, sides, two),
  );
  const alike = new Set(all.flatMap((one) => (unsure.includes(one) ? [] : [kindOfPair(one.pair)])));
  // Of layers of one kind the others tell what this one is: it is the one with the fault.
  const doubted = unsure.filter((one) => !alike.has(kindOfPair(one.pair)));
  const believed = all.filter((one) => !doubted.includes(one));
  const wrong = new Set([
    ...(await findWrongTaps(believed, sides, two, scratch)),
    ...believed.filter((one) => unlike.has(one.pair.candidate)),
  ]);
  const compared = believed.filter((one) => !wrong.has(one));
  const couldTry = cases.some((id) => !two.reference.isSketched(id));
  const rejected = [...wrong].map((one) => ({ ...one, why: describeWrongTap(one.pair, couldTry) }));
  const paired = new Set([...compared, ...rejected].map(({ pair }) => two.referenceTaps.get(pair.reference)?.tensor));
  const dropped = doubted.map(({ pair }) => ({ pair, why: describeDoubt(pair) }));
  return {
    compared,
    rejected,
    doubted,
    unmatched: {
      reference: [
        ...alignment.unmatched.reference,
        ...dropped.flatMap(({ pair, why }): Unmatched[] => {
          const tap = two.referenceTaps.get(pair.reference);
          return tap === undefined || paired.has(tap.tensor) ? [] : [{ id: tap.id, isOutput: tap.isOutput, why }];
        }),
      ],
      candidate: [
        ...alignment.unmatched.candidate,
        ...dropped.map(({ pair, why }) => ({ id: pair.candidate, isOutput: false, why })),
      ],
    },
  };
}

/**
 * A numbered block of a stack and the numbered scope that has exactly its weights: however far apart they are, they are each
 * other's, for what comes before and behind a block is the stream that goes through the model.
 */
function isBlock(pair: Pair, sides: Sides, two: TwoSides): boolean {
  const module = two.candidateTaps.get(pair.candidate)?.path ?? "";
  const path = two.referenceTaps.get(pair.reference)?.path ?? "";
  if (!/\.\d+$/.test(module) || !/\d$/.test(path)) return false;
  const scope = viewReference(sides.original).scopes.find((one) => one.path === path);
  const own = new Set(
    sides.weighed.assignments
      .filter((one) => one.parameter.startsWith(`${module}.`))
      .flatMap((one) => one.derived?.parts ?? [one.key]),
  );
  return (
    scope !== undefined && own.size > 0 && own.size === scope.keys.size && [...own].every((key) => scope.keys.has(key))
  );
}

/** Equal for pairs of the same layer of other blocks: `h.3.mlp` with `h3/mlp`, but not `h.3.mlp` with `h4/mlp`. */
function kindOfPair({ candidate, reference }: Pair): string {
  const own = candidate.match(/\d+/g)?.map(Number) ?? [];
  const theirs = reference.match(/\d+/g)?.map(Number) ?? [];
  const offsets = own.map((number, i) => (theirs[i] === undefined ? "" : theirs[i] - number));
  return `${kindOfLayer(candidate)} ${kindOfLayer(reference)} ${own.length === 0 ? candidate : offsets.join()}`;
}

function describeDoubt(pair: Pair): string {
  return `nearest by ${pair.matchedBy} are ${pair.reference} and ${pair.candidate}, but their values differ too much to be the same tensor`;
}

function describeWrongTap(pair: Pair, couldTry: boolean): string {
  const { reference, candidate } = pair;
  if (!couldTry)
    return `${reference} and ${candidate} differ while everything computed after them agrees: hardly the same tensor, and a golden of sketches has none to put in its place`;
  return `${pair.reference} and ${pair.candidate} are not the same tensor: everything computed after them agrees, and no longer does when the one takes the other's place`;
}

/** An entry of the user's map that nothing used is a typing error: better said than ignored. */
function checkMap(map: Readonly<Record<string, string>>, alignment: Alignment, sides: Sides): void {
  const inputs = new Set(sides.original.inputs.map((input) => input.name));
  for (const [from, to] of Object.entries(map)) {
    const asTap = alignment.pairs.some(
      (pair) => pair.matchedBy === "map" && (pair.candidate === to || pair.candidate.startsWith(`${to}[`)),
    );
    const asWeight = sides.weighed.assignments.some(
      (one) => one.matchedBy === "map" && one.key === from && one.parameter === to,
    );
    if (asTap || asWeight || inputs.has(from)) continue;
    throw new ParityError(
      "CONFIG_INVALID",
      `The map's entry "${from}": "${to}" fits nothing: no tap, variable or input of these names with shapes that agree.`,
      {
        where: { key: `map["${from}"]` },
        hint: "The left side is a scope, op or variable of the original, the right side a module path or parameter of the port.",
      },
    );
  }
}
