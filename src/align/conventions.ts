import type { Layout } from "../compare/types.js";
import type { Tap } from "../recording/types.js";
import { findFlattened, flattenedOption } from "./flattened.js";
import { LAYOUT_FAMILIES, type LayoutFamily } from "./layout-families.js";
import { moduleKind } from "./module-kinds.js";
import { type LayoutOption, layoutOptions } from "./relate-shapes.js";

/** How a pair's tensors are laid out, and whether that follows from the model's convention or only from this one pair. */
export interface RelatedTaps {
  readonly layout: Layout;
  readonly sure: boolean;
}

/** The layout of two taps; null when they cannot be the same tensor. */
export type RelateTaps = (reference: Tap, candidate: Tap) => RelatedTaps | null;

/** Relative L2 error of the free run with the pair laid out in this way, the worst of all cases; null when it cannot be told. */
export type ErrorUnder = (reference: Tap, candidate: Tap, layout: Layout) => number | null;

/** Pairs that are good enough to say which conventions a model follows. */
export interface Witness {
  readonly reference: Tap;
  readonly candidate: Tap;
}

/** Values speak for one order of axes when the error under it is at most this (relative L2) … */
const AGREES = 0.5;
/** … and under every other one at least so many times larger. A wrong order of unlike values gives errors around √2. */
const PLAINLY_BETTER = 2;
/** A convention holds for a part of the model when it has so many times the votes of every other one. */
const MAJORITY = 2;

/** Any convention at all: for the first look at a model, of which it is not known which conventions it follows. */
export function relateLoosely(reference: readonly Tap[]): RelateTaps {
  const options = makeOptions(reference);
  return (one, other) => {
    const first = options(one, other)[0];
    return first === undefined ? null : { layout: first.layout, sure: true };
  };
}

/**
 * Which order of axes each part of a model has, inferred once from all of its pairs. A part is what gives tensors of one
 * rank with one class of module; torch's convolution layers are one part. First the shapes vote (channels-first is plain
 * where height, width and channels differ), then, where a part has only square shapes, the values of the free run, in
 * which the layers before a fault agree under the right order only, then what the module's class allows. What is still
 * open follows the rest of the model where all that is known of tensors of its rank is of one kind.
 */
export function inferConventions(
  reference: readonly Tap[],
  witnesses: readonly Witness[],
  errorUnder: ErrorUnder,
): RelateTaps {
  const options = makeOptions(reference);
  const [byShape, byValue, byKind] = [new Votes(), new Votes(), new Votes()];
  for (const { reference: one, candidate: other } of witnesses) {
    const fits = options(one, other);
    const only = fits.length === 1 ? fits[0] : undefined;
    if (only !== undefined && !only.neutral) byShape.add(other, only.family);
    const best = fits.length > 1 ? bestByValue(one, other, fits, errorUnder) : null;
    if (best !== null) byValue.add(other, best.family);
    const usual = fits.length > 1 ? usualFor(other, fits) : null;
    if (usual !== null) byKind.add(other, usual.family);
  }
  const seen = new Set<LayoutFamily>(["same", ...byShape.families(), ...byValue.families(), ...byKind.families()]);
  const ofPart = (tap: Tap): LayoutFamily | null => byShape.ofPart(tap) ?? byValue.ofPart(tap);
  const ofRank = (tap: Tap): LayoutFamily | null => {
    const known = new Set([byShape, byValue, byKind].flatMap((votes) => votes.ofRank(tap)));
    return known.size === 1 ? ([...known][0] ?? null) : null;
  };
  return (one, other) => {
    const fits = options(one, other);
    const [first] = fits;
    if (first === undefined) return null;
    const decided = ofPart(other);
    if (fits.length === 1) {
      // A permutation that nothing else in the model needs is no convention of it.
      if (!seen.has(first.family)) return null;
      return { layout: first.layout, sure: first.neutral || decided === null || decided === first.family };
    }
    const under = (family: LayoutFamily | null) => fits.find((option) => option.family === family);
    // A flattened tensor has the order of what it was flattened from, which may have been turned in between.
    if (under("flattened") === undefined) {
      const settled = under(decided) ?? usualFor(other, fits) ?? under(ofRank(other));
      if (settled !== undefined) return { layout: settled.layout, sure: true };
    }
    const best = bestByValue(one, other, fits, errorUnder);
    return best === null ? { layout: first.layout, sure: false } : { layout: best.layout, sure: decided === null };
  };
}

/** The one option that the module's class allows; null when it leaves several. */
function usualFor(candidate: Tap, options: readonly LayoutOption[]): LayoutOption | null {
  const kind = moduleKind(candidate.type);
  if (kind === "any" || options.some(({ family }) => family === "flattened")) return null;
  const allowed = options.filter(({ family }) =>
    kind === "channels-first" ? family === "channels" : family === "same" || family === "time",
  );
  return allowed.length === 1 ? (allowed[0] ?? null) : null;
}

/** All layouts in which two taps may be the same tensor. Shapes of most pairs are compared many times: they are kept. */
function makeOptions(reference: readonly Tap[]): (reference: Tap, candidate: Tap) => LayoutOption[] {
  const flattened = findFlattened(reference);
  const known = new Map<Tap, Map<Tap, LayoutOption[]>>();
  return (one, other) => {
    const ofOne = known.get(one) ?? new Map<Tap, LayoutOption[]>();
    known.set(one, ofOne);
    const kept = ofOne.get(other);
    if (kept !== undefined) return kept;
    const fits = layoutOptions(one.shapes, other.shapes, LAYOUT_FAMILIES);
    const more = fits.length === 0 ? null : flattenedOption(one, other, flattened.get(one));
    const options = more === null ? fits : [...fits, more];
    ofOne.set(other, options);
    return options;
  };
}

/** The option under which the values agree, when they do under one only. */
function bestByValue(
  reference: Tap,
  candidate: Tap,
  options: readonly LayoutOption[],
  errorUnder: ErrorUnder,
): LayoutOption | null {
  const measured = options
    .map((option) => ({ option, error: errorUnder(reference, candidate, option.layout) ?? Number.POSITIVE_INFINITY }))
    .sort((a, b) => a.error - b.error);
  const [best, next] = measured;
  if (best === undefined || next === undefined || !(best.error <= AGREES)) return null;
  return next.error >= best.error * PLAINLY_BETTER && next.error > 0 ? best.option : null;
}

/** What pairs said, by part of the model. */
class Votes {
  private readonly parts = new Map<string, Map<LayoutFamily, number>>();

  add(tap: Tap, family: LayoutFamily): void {
    const own = this.parts.get(partOf(tap)) ?? new Map<LayoutFamily, number>();
    own.set(family, (own.get(family) ?? 0) + 1);
    this.parts.set(partOf(tap), own);
  }

  families(): LayoutFamily[] {
    return [...this.parts.values()].flatMap((own) => [...own.keys()]);
  }

  /** All families that were voted for in tensors of this one's rank. */
  ofRank(tap: Tap): LayoutFamily[] {
    const rank = `${rankOf(tap)} `;
    return [...this.parts].flatMap(([part, own]) => (part.startsWith(rank) ? [...own.keys()] : []));
  }

  /** The family with a clear majority in this one's part; null where there is none. */
  ofPart(tap: Tap): LayoutFamily | null {
    const [best, next] = [...(this.parts.get(partOf(tap)) ?? [])].sort((a, b) => b[1] - a[1]);
    return best !== undefined && best[1] >= MAJORITY * (next?.[1] ?? 0) ? best[0] : null;
  }
}

/** Layers that torch's convolutions go with are one part of a model, any other class is its own. */
function partOf(tap: Tap): string {
  const kind = moduleKind(tap.type);
  return `${rankOf(tap)} ${kind === "channels-first" ? kind : tap.type}`;
}

function rankOf(tap: Tap): number {
  return Object.values(tap.shapes)[0]?.length ?? 0;
}
