import { type FoundByValues, findCrossed } from "../align/find-crossed.js";
import { findLayerOrder } from "../align/find-layer-order.js";
import type { TwoSides } from "./compare-pairs.js";
import type { Judged } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/** Whole layers whose weights stand in another order than the layers run in; see findLayerOrder. Only where something differs. */
export function findMovedLayers(sides: Sides, two: TwoSides, judged: Judged): Map<string, string> {
  if (judged.pairs.every((one) => one.judgement.verdict !== "mismatch")) return new Map();
  const paths = judged.pairs.map(({ pair, judgement }) => ({
    path: two.candidateTaps.get(pair.candidate)?.path ?? "",
    differs: judgement.verdict === "mismatch",
  }));
  const found = sides.weighed.facts.filter((fact) => fact.matchedBy !== "map" && (fact.derived ?? null) === null);
  return findLayerOrder(
    found.filter((fact) => fact.matchedBy === "values" || fact.transform !== null),
    [...two.candidateTaps.values()].map((tap) => tap.path),
    [...two.referenceTaps.values()].map((tap) => tap.path),
    (prefix) => {
      // Fed the tensors of another layer, a layer with that one's weights is right in parts: it is wrong if any part is.
      const own = paths.filter(({ path }) => path === prefix || path.startsWith(`${prefix}.`));
      return own.length > 0 && own.every((one) => !one.differs);
    },
  );
}

/**
 * Where names do not correspond, weights are assigned by their values, and two layers that hold each other's weights are
 * taken for each other. If both differ although they were fed the original's own tensors, and they run in the opposite order,
 * the order is believed. A map from variable to parameter; empty when nothing is crossed.
 */
export function findCrossedWeights(sides: Sides, two: TwoSides, judged: Judged): Map<string, string> {
  const differing = judged.pairs.filter((one) => one.judgement.verdict === "mismatch");
  return findCrossed(foundByValues(sides, two, differing));
}

/** Two layers that may be exchanged, and the layer that would tell. */
export interface ExchangedPartners {
  /** From variable to parameter. */
  readonly map: ReadonlyMap<string, string>;
  /** Pair that reads both and differs. */
  readonly reader: string;
}

/**
 * The same of layers that read one tensor: query and key with each other's weights compute each other's results, each exactly
 * what its partner computes, and only the layer that reads both differs. That they run in the opposite order proves nothing:
 * if they are exchanged the reader agrees once they are paired the other way. Null when there are none.
 */
export function findExchangedPartners(sides: Sides, two: TwoSides, judged: Judged): ExchangedPartners | null {
  const order = new Map([...two.candidateTaps.keys()].map((id, i) => [id, i]));
  for (const reader of judged.pairs) {
    if (reader.judgement.verdict !== "mismatch") continue;
    const block = blockOf(two.candidateTaps.get(reader.pair.candidate)?.path ?? "");
    const before = judged.pairs.filter(({ pair, judgement }) => {
      const isRight = judgement.verdict === "identical" || judgement.verdict === "within-noise";
      const isBefore = (order.get(pair.candidate) ?? 0) < (order.get(reader.pair.candidate) ?? 0);
      return isRight && isBefore && blockOf(two.candidateTaps.get(pair.candidate)?.path ?? "") === block;
    });
    const map = findCrossed(foundByValues(sides, two, before));
    if (map.size > 0) return { map, reader: reader.pair.id };
  }
  return null;
}

/** A module's path up to the number of its layer: `blocks.2` of `blocks.2.attention.q`. */
function blockOf(path: string): string {
  return /^.*\.\d+(?=\.)/.exec(path)?.[0] ?? "";
}

function foundByValues(sides: Sides, two: TwoSides, pairs: Judged["pairs"]): FoundByValues[] {
  const places = new Map([...two.referenceTaps.keys()].map((id, i) => [id, i]));
  const order = new Map([...two.candidateTaps.keys()].map((id, i) => [id, i]));
  return pairs.flatMap((one): FoundByValues[] => {
    const tap = two.candidateTaps.get(one.pair.candidate);
    if (tap === undefined || tap.call !== 1) return [];
    const facts = sides.weighed.facts.filter((fact) => fact.module === tap.path);
    // A bias may have followed its kernel by name.
    const byValues = facts.some((fact) => fact.matchedBy === "values");
    if (!byValues || facts.some((fact) => fact.matchedBy === "map" || (fact.derived ?? null) !== null)) return [];
    return [
      {
        module: tap.path,
        type: tap.type,
        parameters: facts.map((fact) => ({ name: fact.parameter, shape: fact.shape, key: fact.key })),
        candidatePlace: order.get(one.pair.candidate) ?? 0,
        referencePlace: places.get(one.pair.reference) ?? 0,
      },
    ];
  });
}
