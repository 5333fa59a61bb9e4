import type { Tap } from "../recording/types.js";
import { CERTAIN, LIKELY } from "./confidence.js";
import { canonicalName } from "./tokens.js";

/** The first of several outputs of a shape, where nothing tells them apart. */
const FIRST = 0.7;

export interface Matched {
  readonly reference: Tap;
  readonly candidate: Tap;
}

/** What has to be known of two taps, and what others call an output (by the reference tap's id). */
export interface OutputQuestions {
  readonly names: ReadonlyMap<string, readonly string[]> | undefined;
  readonly fits: (reference: Tap, candidate: Tap) => boolean;
  readonly agrees: (reference: Tap, candidate: Tap) => boolean;
}

/**
 * Outputs of the two models: by name where there are several (that of the signature, or of the scope), then by shape: of
 * several that fit the one that agrees, and where none does the first.
 */
export function matchOutputs(
  references: readonly Tap[],
  candidates: readonly Tap[],
  { names, fits, agrees }: OutputQuestions,
): (Matched & { readonly confidence: number; readonly because: string })[] {
  const found: (Matched & { readonly confidence: number; readonly because: string })[] = [];
  const open = (): Tap[] => candidates.filter((one) => !found.some(({ candidate }) => candidate === one));
  const unnamed = references.filter((reference) => {
    const own = canonicalName(reference.path.split("/").at(-1) ?? "");
    const known = new Set([...(names?.get(reference.id) ?? []).map(canonicalName), own].filter((name) => name !== ""));
    const namesake = open().find(
      (one) => one.slot !== null && known.has(canonicalName(one.slot)) && fits(reference, one),
    );
    if (namesake === undefined) return true;
    found.push({ reference, candidate: namesake, confidence: CERTAIN, because: "output of the same name" });
    return false;
  });
  for (const reference of unnamed) {
    const fitting = open().filter((one) => fits(reference, one));
    const [first, second] = fitting;
    if (first === undefined) continue;
    const near = second === undefined ? undefined : fitting.find((one) => agrees(reference, one));
    if (second === undefined)
      found.push({ reference, candidate: first, confidence: CERTAIN, because: "the only output of this shape" });
    else if (near !== undefined)
      found.push({ reference, candidate: near, confidence: LIKELY, because: "the output of this shape that agrees" });
    else found.push({ reference, candidate: first, confidence: FIRST, because: "first free output of this shape" });
  }
  return found;
}

/** Taps that hold the same numbers; of several that do, the first to run on either side. */
export function matchValues(
  references: readonly Tap[],
  candidates: readonly Tap[],
  same: (reference: Tap, candidate: Tap) => boolean,
): Matched[] {
  const done = new Set<Tap>();
  return candidates.flatMap((candidate) => {
    const reference = references.find((one) => !done.has(one) && same(one, candidate));
    if (reference === undefined) return [];
    done.add(reference);
    return [{ reference, candidate }];
  });
}
