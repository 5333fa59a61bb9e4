import { coveredModules } from "../diagnose/covered-modules.js";
import type { LayerFact } from "../diagnose/types.js";
import type { TwoSides } from "./compare-pairs.js";
import type { JudgedPair } from "./judge-pairs.js";

/** The layers that were compared, and which modules each of them speaks for. */
export function layerFacts(
  pairs: readonly JudgedPair[],
  two: TwoSides,
  failed: (one: JudgedPair) => boolean,
): LayerFact[] {
  const compared = pairs.filter((one) => one.judgement.verdict !== "not-compared");
  const completed = [...two.candidateTaps.values()].map(({ id, path }) => ({ module: path, tap: id }));
  const covers = coveredModules(completed, new Set(compared.map((one) => one.pair.candidate)));
  return compared.flatMap((one) => {
    const tap = two.candidateTaps.get(one.pair.candidate);
    if (tap === undefined) return [];
    const own = covers.get(tap.id) ?? [];
    return [{ pair: one.pair.id, module: tap.path, failed: failed(one), covers: own }];
  });
}
