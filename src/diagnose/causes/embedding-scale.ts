import { call, self } from "../express.js";
import { type FactorSite, findFactorSites } from "../layer/factor-sites.js";
import { strongest } from "../layer/hypothesis.js";
import { measureFactor, multipleOf } from "../layer/measured-factor.js";
import { type OriginalFactor, originalFactors } from "../layer/original-factors.js";
import { proposeFactor, type WantedFactor, wantedFactors } from "../layer/propose-factor.js";
import type { SeeCause } from "../layer-causes.js";
import { toBfloat16 } from "../residual/bfloat16.js";
import type { Situation } from "../situation.js";

/** Embeddings multiplied by √d on one side only, or by a rounded √d on one side. */
export const seeEmbeddingScale: SeeCause = (situation) => {
  const factors = originalFactors(situation).filter((factor) => factor.role !== "attention");
  const sites = findFactorSites(situation).filter((site) => site.role === "embedding");
  return strongest(
    [...sites, ...wholeLayer(situation, sites)].flatMap((site) => {
      const measured = measureFactor(situation, site);
      const read = wantedFactors(situation, site, factors, measured).map((one) => ({
        ...one,
        prior: one.prior + 0.02,
      }));
      return [...read, ...unscaled(site, factors), ...usual(situation, site, read)].map((wanted) =>
        proposeFactor(situation, "embedding-scale", "the embeddings", site, wanted),
      );
    }),
  );
};

/** The original's graph has no factor at all where the port multiplies. */
function unscaled(site: FactorSite, factors: readonly OriginalFactor[]): WantedFactor[] {
  if (!site.written || site.own === 1 || factors.some((factor) => factor.role === "embedding")) return [];
  return [
    { value: 1, node: null, prior: 0.8, evidence: ["the original's graph multiplies its embeddings by no constant"] },
  ];
}

/** An embedding module of which the layer's output is all there is. */
function wholeLayer(situation: Situation, sites: readonly FactorSite[]): FactorSite[] {
  const last = situation.suspects.at(-1);
  if (sites.length > 0 || last === undefined || situation.layer.moduleType !== "Embedding") return [];
  if (situation.trace.observed === null || multipleOf(situation, situation.trace.observed) === null) return [];
  return [
    {
      op: last,
      role: "embedding",
      own: 1,
      written: false,
      set: (factor) => ({ kind: "output", tap: situation.layer.tap, value: call("torch.mul", self, factor) }),
    },
  ];
}

function usual(situation: Situation, site: FactorSite, read: readonly WantedFactor[]): WantedFactor[] {
  const width = situation.tensors.get(site.op.outputs[0] ?? "")?.shape.at(-1) ?? 1;
  const root = Math.sqrt(width);
  return [root, 1, toBfloat16(root), 1 / root]
    .filter((value) => [site.own, ...read.map((one) => one.value)].every((one) => Math.abs(one - value) > 1e-6 * value))
    .map((value) => ({ value, node: null, prior: 0.3, evidence: [] }));
}
