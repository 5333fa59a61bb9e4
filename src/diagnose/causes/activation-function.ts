import { type ActivationSite, findActivationSites, isSameActivation } from "../layer/activation-sites.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { proposeMissingActivations } from "../layer/missing-activations.js";
import { rewriteActivation } from "../layer/rewrite-activation.js";
import { type WantedActivation, wantedAt } from "../layer/wanted-activations.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { ACTIVATIONS, GELUS } from "../residual/activations.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** Another function, or the same with another slope, alpha or bound. Or none where the original has one; one too many is extra-op. */
export const seeActivationFunction: SeeCause = (situation) =>
  strongest(
    [
      ...proposeMissingActivations(situation),
      ...findActivationSites(situation).flatMap((site) => {
        const seen = wantedAt(situation, site);
        const rest =
          seen.some((one) => one.prior >= 0.8) || !site.single
            ? []
            : ACTIVATIONS.filter(
                (one) =>
                  !isSameActivation(site.own, one) && !seen.some((other) => isSameActivation(other.activation, one)),
              ).map(
                (activation, i): WantedActivation => ({ activation, node: null, prior: 0.3 - i / 1000, evidence: [] }),
              );
        return [...seen, ...rest]
          .filter((wanted) => !areGelus(site, wanted))
          .map((wanted) => say(situation, site, wanted));
      }),
    ],
    24,
  );

/** One form of gelu for another is gelu-approximation. */
function areGelus(site: ActivationSite, wanted: WantedActivation): boolean {
  const isGelu = (name: string | undefined): boolean => GELUS.some((gelu) => gelu.name === name);
  return isGelu(site.own?.name) && isGelu(wanted.activation.name);
}

function say(situation: Situation, site: ActivationSite, wanted: WantedActivation): Hypothesis {
  const at = writtenAt(situation, site.op);
  const { activation } = wanted;
  const where = wanted.node === null ? "" : ` (${wanted.node})`;
  return propose(situation, {
    cause: "activation-function",
    source: at.source,
    message: `the original computes ${activation.title}${where}, the port ${site.own?.title ?? site.op.key.name} (${nameOf(at, site.op)})`,
    evidence: wanted.evidence,
    edits: editsOf(site.op, activation.torch(site.x)),
    change: `${site.own?.title ?? site.op.key.name} replaced by ${activation.title}`,
    fix: at.wrapper !== null && activation.module !== null ? activation.module : activation.code("x"),
    prior: wanted.prior,
    rewrite: rewriteActivation(at.source, at.wrapper, site, activation),
  });
}
