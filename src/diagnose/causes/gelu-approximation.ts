import { type ActivationSite, findActivationSites } from "../layer/activation-sites.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { rewriteActivation } from "../layer/rewrite-activation.js";
import { type WantedActivation, wantedAt } from "../layer/wanted-activations.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { GELUS } from "../residual/activations.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** gelu by erf, by tanh or by a sigmoid: the port has another of the three than the original. */
export const seeGeluApproximation: SeeCause = (situation) =>
  strongest(
    findActivationSites(situation).flatMap((site) => {
      if (!GELUS.some((gelu) => gelu.name === site.own?.name)) return [];
      const seen = wantedAt(situation, site).filter(({ activation }) =>
        GELUS.some((one) => one.name === activation.name),
      );
      const rest = GELUS.filter(
        (gelu) => gelu.name !== site.own?.name && !seen.some((one) => one.activation.name === gelu.name),
      ).map((activation): WantedActivation => ({ activation, node: null, prior: 0.4, evidence: [] }));
      return [...seen, ...rest].map((wanted) => say(situation, site, wanted));
    }),
  );

function say(situation: Situation, site: ActivationSite, wanted: WantedActivation): Hypothesis {
  const at = writtenAt(situation, site.op);
  const { activation } = wanted;
  const where = wanted.node === null ? "" : ` (${wanted.node})`;
  return propose(situation, {
    cause: "gelu-approximation",
    source: at.source,
    message: `the original computes ${activation.title}${where}, the port ${site.own?.title} (${nameOf(at, site.op)})`,
    evidence: wanted.evidence,
    edits: editsOf(site.op, activation.torch(site.x)),
    change: `${site.own?.title} replaced by ${activation.title}`,
    fix: at.wrapper !== null && activation.module !== null ? activation.module : activation.code("x"),
    prior: Math.min(0.95, wanted.prior + 0.03),
    rewrite: rewriteActivation(at.source, at.wrapper, site, activation),
  });
}
