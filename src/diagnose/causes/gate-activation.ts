import type { Expression } from "../../runners/edits.js";
import { argument, call } from "../express.js";
import { type ActivationSite, findActivationSites, isSameActivation } from "../layer/activation-sites.js";
import { editsOf, propose, strongest } from "../layer/hypothesis.js";
import { argumentHolding, inputOf } from "../layer/refer.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { patternsOf } from "../look.js";
import { ACTIVATIONS } from "../residual/activations.js";

/** The gates of the original's cell are sigmoids and its candidate a tanh; the port computes something else in one of them. */
export const seeGateActivation: SeeCause = (situation) => {
  const [cell] = patternsOf(situation, "recurrent");
  if (cell === undefined) return [];
  const wanted = ACTIVATIONS.filter((one) => one.name === "sigmoid" || one.name === "tanh");
  return strongest(
    findActivationSites(situation).flatMap((site) =>
      wanted.flatMap((activation) => {
        if (isSameActivation(site.own, activation)) return [];
        const at = writtenAt(situation, site.op);
        const isGate = activation.name === "sigmoid";
        const alike = isGate && /^(hard-sigmoid|clip)$/.test(site.own?.name ?? "");
        return argumentsOf(site).map((x) =>
          propose(situation, {
            cause: "activation-function",
            source: at.source,
            message: `the original's ${cell.cell} cell computes ${activation.title} (${cell.output}), the port ${site.own?.title ?? site.op.key.name} (${nameOf(at, site.op)})`,
            evidence: [
              `the graph has a ${cell.cell} cell whose ${isGate ? "gates are sigmoids" : "candidate is a tanh"}`,
            ],
            edits: editsOf(site.op, activation.torch(x)),
            change: `${site.own?.title ?? site.op.key.name} replaced by ${activation.title}`,
            fix: activation.code("x"),
            prior: alike ? 0.85 : 0.5,
          }),
        );
      }),
    ),
    12,
  );
};

/** clamp(slope · x + ½, 0, 1): Keras' hard sigmoid, and torch's. */
const SLOPES = [0.2, 1 / 6];

/**
 * What the activation may be of, by the call's own argument: then the same can be said of every call of the line. In a hard
 * sigmoid that is written out the argument is scaled back.
 */
function argumentsOf(site: ActivationSite): Expression[] {
  const input = inputOf(site.op);
  const key = input === null ? null : argumentHolding(site.op, input);
  if (key === null || !/^(clamp|clip|hardtanh)$/.test(site.op.key.name)) return [site.x];
  const slope = site.own?.name === "hard-sigmoid" ? site.own.parameters.slope : undefined;
  return (slope === undefined ? SLOPES : [slope]).map((one) =>
    call("torch.div", call("torch.sub", argument(key), 0.5), one),
  );
}
