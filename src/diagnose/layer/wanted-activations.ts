import { patternsOf } from "../look.js";
import type { Activation } from "../residual/activations.js";
import { recogniseActivation } from "../residual/recognise-activation.js";
import type { Situation } from "../situation.js";
import { type ActivationSite, activationOfPattern, isSameActivation } from "./activation-sites.js";
import { counterpartsOf, samplesOf } from "./counterparts.js";

export interface WantedActivation {
  readonly activation: Activation;
  /** The op of the original that tells, null when it is only tried. */
  readonly node: string | null;
  readonly prior: number;
  readonly evidence: readonly string[];
}

/** What the original computes instead at a site: as its graph names it, and as its values say (a curve over the same tensor). */
export function wantedAt(situation: Situation, site: ActivationSite): WantedActivation[] {
  const found: WantedActivation[] = patternsOf(situation, "activation").flatMap((pattern) => {
    const activation = activationOfPattern(pattern);
    const node = Object.values(pattern.parameters)[0]?.node ?? pattern.output;
    const evidence = [`the original's graph computes ${activation?.title} in ${pattern.output}`];
    return activation === null ? [] : [{ activation, node, prior: 0.85, evidence }];
  });
  const seen = curveOver(situation, site.input);
  if (seen !== null) {
    const named = found.find((one) => isSameActivation(one.activation, seen.activation));
    const evidence = [
      ...(named?.evidence ?? []),
      `${seen.node} is ${seen.activation.title} of the port's own pre-activation, to ${seen.misfit.toExponential(0)}`,
    ];
    found.unshift({
      activation: named?.activation ?? seen.activation,
      node: named?.node ?? seen.node,
      prior: named === undefined ? 0.8 : 0.9,
      evidence,
    });
  }
  return found.filter((one) => !isSameActivation(site.own, one.activation));
}

/** The original's tensor that is a function of one of the candidate's. */
export function curveOver(
  situation: Situation,
  input: string,
): { readonly activation: Activation; readonly node: string; readonly misfit: number } | null {
  const shape = situation.tensors.get(input)?.shape;
  const x = shape === undefined ? null : samplesOf(situation, input);
  if (shape === undefined || x === null) return null;
  let best: { activation: Activation; node: string; misfit: number } | null = null;
  for (const { tensor, values } of counterpartsOf(situation, shape)) {
    const found = recogniseActivation(x, values);
    // Of a formula's steps (tanh inside gelu) the last is what the original computes.
    if (found !== null) best = { activation: found.activation, node: tensor, misfit: found.misfit };
  }
  return best;
}
