import type { Pair } from "../align/types.js";
import { nearestWord } from "../config/nearest.js";
import { ParityError } from "../errors.js";
import { matchesGlob } from "../judge/glob.js";
import type { TwoSides } from "./compare-pairs.js";
import type { SettledPairs } from "./settle-pairs.js";

/** What `--only` leaves in: the pairs that are explained and reported. */
export interface Selection {
  /** Empty: everything. */
  readonly globs: readonly string[];
  /** Number of pairs in all. */
  readonly of: number;
  readonly concerns: (pair: Pair) => boolean;
  /** Whether a tap that has no partner is named. */
  readonly names: (tap: string) => boolean;
}

/** Names that a message proposes. */
const NAMED = 4;

/**
 * Chooses the pairs whose id or reference name one of the globs matches; all of them without globs.
 *
 * @throws ParityError USAGE for a glob that matches none, with names that are near to it
 */
export function selectPairs(globs: readonly string[], settled: SettledPairs, two: TwoSides): Selection {
  const pairs = [...settled.compared, ...settled.rejected].map((one) => one.pair);
  const names = (tap: string): boolean => globs.length === 0 || globs.some((glob) => matchesGlob(glob, tap));
  for (const glob of globs) {
    if (pairs.some((pair) => matchesGlob(glob, pair.id) || matchesGlob(glob, pair.reference))) continue;
    throw matchesNothing(glob, pairs, two);
  }
  return {
    globs,
    of: pairs.length,
    concerns: (pair) => names(pair.id) || names(pair.reference),
    names,
  };
}

function matchesNothing(glob: string, pairs: readonly Pair[], two: TwoSides): ParityError {
  const lonely = [...two.candidateTaps.keys(), ...two.referenceTaps.keys()].filter((tap) => matchesGlob(glob, tap));
  const near = nearNames(
    glob,
    pairs.flatMap((pair) => [pair.id, pair.reference]),
  );
  const message =
    lonely.length > 0
      ? `--only "${glob}" matches no pair: ${lonely[0]} was recorded, but has no partner to be compared with.`
      : `--only "${glob}" matches no pair.`;
  return new ParityError("USAGE", message, {
    where: { key: "--only" },
    hint: `${near.length > 0 ? `Near are ${near.join(", ")}` : "There are no pairs"}; * stays within one part of a name, ** crosses parts.`,
  });
}

/** The names most like what was typed: the nearest by spelling, then those that share most of its beginning. */
function nearNames(glob: string, names: readonly string[]): string[] {
  const typed = glob.replace(/[*?{}]/g, "");
  const nearest = nearestWord(typed, names);
  const shared = (name: string): number => {
    let at = 0;
    while (at < name.length && name[at] === typed[at]) at++;
    return at;
  };
  // Where nothing begins alike any names show what names look like.
  const ordered = [...names].sort((a, b) => shared(b) - shared(a));
  return [...new Set([...(nearest === null ? [] : [nearest]), ...ordered])].slice(0, NAMED);
}
