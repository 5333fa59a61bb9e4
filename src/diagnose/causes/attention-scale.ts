import { callsBefore } from "../layer/candidate-flow.js";
import { type FactorSite, findFactorSites } from "../layer/factor-sites.js";
import { strongest } from "../layer/hypothesis.js";
import { measureFactor } from "../layer/measured-factor.js";
import { type OriginalFactor, originalFactors } from "../layer/original-factors.js";
import { proposeFactor, type WantedFactor, wantedFactors } from "../layer/propose-factor.js";
import type { SeeCause } from "../layer-causes.js";
import { tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";

/** Attention scores scaled by another factor than the original's: √d, 1/√d of another d, none where it has one, one where it has none. */
export const seeAttentionScale: SeeCause = (situation) => {
  const factors = originalFactors(situation).filter((factor) => factor.role !== "embedding");
  const sites = findFactorSites(situation).filter((site) => site.role === "attention");
  return strongest(
    sites.flatMap((site) => {
      const measured = site.op.key.name === "softmax" ? null : measureFactor(situation, site);
      const read = wantedFactors(situation, site, factors, measured).map((one) => ({
        ...one,
        prior: one.prior + 0.02,
      }));
      const more = [...unscaled(site, factors), ...scaledTwice(site, sites), ...usual(situation, site, read)];
      return [...read, ...more].map((wanted) =>
        proposeFactor(situation, "attention-scale", "the attention scores", site, wanted),
      );
    }),
  );
};

/** The original's graph has no factor at all where the port multiplies. */
function unscaled(site: FactorSite, factors: readonly OriginalFactor[]): WantedFactor[] {
  if (!site.written || site.own === 1 || factors.some((factor) => factor.role === "attention")) return [];
  return [
    { value: 1, node: null, prior: 0.8, evidence: ["the original's graph multiplies its scores by no constant"] },
  ];
}

/** The port scales in two places: its own factor, and the one that fused attention has by itself. */
function scaledTwice(site: FactorSite, sites: readonly FactorSite[]): WantedFactor[] {
  const elsewhere = sites.filter((other) => other.op !== site.op && other.written && other.own !== 1);
  if (!site.written || site.own === 1 || elsewhere.length === 0) return [];
  return [
    { value: 1, node: null, prior: 0.5, evidence: ["the port scales its scores in another place, too"], twice: true },
  ];
}

/** Factors that conversions have by mistake: of the head's size and of the model's, and none. */
function usual(situation: Situation, site: FactorSite, read: readonly WantedFactor[]): WantedFactor[] {
  const near = [site.op, ...callsBefore(situation, site.op, 4)].flatMap(tensorsIn);
  const shapes = near.map((tensor) => situation.tensors.get(tensor)?.shape ?? []);
  const sizes = [...new Set(shapes.flatMap((shape) => [shape.at(-1) ?? 0, (shape.at(-1) ?? 0) * (shape.at(-3) ?? 1)]))];
  const values = [1, ...sizes.filter((size) => size > 1).flatMap((d) => [1 / Math.sqrt(d), 1 / d, Math.sqrt(d)])];
  return [...new Set(values)]
    .filter((value) => [site.own, ...read.map((one) => one.value)].every((one) => Math.abs(one - value) > 1e-6 * value))
    .slice(0, 8)
    .map((value) => ({ value, node: null, prior: 0.3, evidence: [] }));
}
