import { layoutOptions } from "../align/relate-shapes.js";
import type { Pair } from "../align/types.js";
import { kindOfLayer } from "../diagnose/hypothesis-key.js";
import type { Tap } from "../recording/types.js";
import { findRegion } from "../tensorflow/evidence/find-region.js";
import { agreesLocally } from "./agrees-locally.js";
import { comparePair, type TwoSides } from "./compare-pairs.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/**
 * Modules that were taken for a scope that does more than they do: fed the original's own tensors they give exactly an earlier
 * tensor of that scope (a dense layer without the activation, an attention without the norm behind it). Every layer of the
 * kind that was paired so must differ, and most of them must be explained so, or another layer of the kind must agree with
 * such a tensor: a fault of one layer is no matter of pairing. A module that does too little in every layer is found all the
 * same, at the layer that reads its output.
 *
 * @returns the reference tap that each such module's tap is, by candidate tap
 */
export function findBetterPartners(sides: Sides, two: TwoSides, judged: Judged): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (judged.forced === null) return found;
  const local: TwoSides = { ...two, candidate: judged.forced.recording };
  const kinds = new Map<string, JudgedPair[]>();
  /** What modules of a kind that agree were paired with. */
  const agreeing = new Map<string, string>();
  for (const one of judged.pairs) {
    const [candidate, reference] = [kindOfLayer(one.pair.id), kindOfLayer(one.pair.reference)];
    const kind = `${candidate} ${reference}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), one]);
    if (isRight(one)) agreeing.set(candidate, reference);
  }
  for (const group of kinds.values()) {
    if (group.some((one) => one.judgement.verdict !== "mismatch" || !mayBeAnother(one, two))) continue;
    const inside = group.map((one) => ({ one, taps: tapsInside(sides, two, judged, one) }));
    const exact = inside.map(({ one, taps }) => taps.find((tap) => agrees(sides, local, one, tap)));
    const first = exact.find((tap) => tap !== undefined);
    const mostly = exact.filter((tap) => tap !== undefined).length * 2 > group.length - 1;
    const kind =
      first !== undefined && mostly ? kindOfLayer(first.id) : agreeing.get(kindOfLayer(group[0]?.pair.id ?? ""));
    if (kind === undefined) continue;
    for (const [i, { one, taps }] of inside.entries()) {
      const alike = taps.filter((tap) => kindOfLayer(tap.id) === kind);
      const better = exact[i] ?? (alike.length === 1 ? alike[0] : undefined);
      if (better !== undefined) found.set(one.pair.candidate, better.id);
    }
  }
  return found;
}

function isRight({ judgement }: JudgedPair): boolean {
  return judgement.verdict === "identical" || judgement.verdict === "within-noise";
}

/** Whether a pair is one that only names or weights speak for, and no output of the model. */
export function mayBeAnother({ pair }: Pick<JudgedPair, "pair">, two: TwoSides): boolean {
  return pair.matchedBy !== "map" && !(two.candidateTaps.get(pair.candidate)?.isOutput ?? true);
}

/** Taps of the original between what is known before the layer and its present partner, the latest first. */
export function tapsInside(sides: Sides, two: TwoSides, judged: Judged, one: JudgedPair): Tap[] {
  const target = two.referenceTaps.get(one.pair.reference)?.tensor ?? null;
  if (target === null) return [];
  const known = new Set(
    judged.pairs.flatMap(({ pair }) => {
      const tensor = two.referenceTaps.get(pair.reference)?.tensor ?? null;
      return tensor === null || tensor === target ? [] : [tensor];
    }),
  );
  const readable = new Set(findRegion(sides.original, target, known).readable);
  return [...two.referenceTaps.values()]
    .filter((tap) => tap.tensor !== null && tap.tensor !== target && readable.has(tap.tensor))
    .reverse();
}

function agrees(sides: Sides, local: TwoSides, one: JudgedPair, tap: Tap): boolean {
  const shapes = local.candidateTaps.get(one.pair.candidate)?.shapes ?? {};
  const cases = sides.cases.map(({ id }) => id);
  return layoutOptions(tap.shapes, shapes, ["same", "channels", "time"]).some(({ layout }) => {
    const pair: Pair = { ...one.pair, reference: tap.id, layout };
    const compared = comparePair(local, pair, cases, null);
    return compared.length > 0 && compared.every(agreesLocally);
  });
}
