import type { Pair } from "../align/types.js";
import type { ResolvedBounds, ResolvedTolerance } from "../config/resolved.js";
import { ParityError } from "../errors.js";
import { matchesGlob } from "./glob.js";
import { mostSpecific } from "./most-specific.js";

export type TapTolerance =
  | { readonly kind: "auto" }
  | { readonly kind: "explicit"; readonly bounds: ResolvedBounds; readonly from: string };

const AUTO: TapTolerance = { kind: "auto" };

/** The rule for one pair, most specific first: the most specific glob on either name, its dtype's entry, the default. */
export function resolveTolerance(tolerance: ResolvedTolerance, pair: Pair, dtype: string): TapTolerance {
  const glob = mostSpecific(tolerance.globs, pair);
  if (glob !== undefined)
    return glob.tolerance === "auto"
      ? AUTO
      : { kind: "explicit", bounds: glob.tolerance, from: `tolerances["${glob.glob}"]` };
  const perDType = Object.entries(tolerance.perDType).find(([name]) => name === dtype)?.[1];
  if (perDType !== undefined) return { kind: "explicit", bounds: perDType, from: `the default for ${dtype}` };
  return tolerance.default === "auto" ? AUTO : { kind: "explicit", bounds: tolerance.default, from: "tolerance" };
}

/** A glob that matches nothing is a mistake, and often a gate that is no longer there. */
export function checkGlobs(tolerance: ResolvedTolerance, pairs: readonly Pair[]): void {
  const idle = tolerance.globs.filter((one) => !pairs.some((pair) => matchesPair(one.glob, pair)));
  if (idle.length === 0) return;
  throw new ParityError("CONFIG_INVALID", `tolerances["${idle[0]?.glob}"] matches no compared tap.`, {
    where: { key: `tolerances["${idle[0]?.glob}"]` },
    hint: `Names are such as ${pairs
      .slice(0, 3)
      .map((pair) => `${pair.candidate} (${pair.reference})`)
      .join(", ")}; * stays within one part of a name, ** crosses parts.`,
  });
}

function matchesPair(glob: string, pair: Pair): boolean {
  return matchesGlob(glob, pair.candidate) || matchesGlob(glob, pair.reference);
}
