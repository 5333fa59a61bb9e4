import { patternsOf } from "../look.js";
import type { Activation } from "../residual/activations.js";
import { recogniseActivation } from "../residual/recognise-activation.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";
import { activationOfPattern, findActivationSites, isSameActivation } from "./activation-sites.js";
import { outputSamples } from "./earlier-tensors.js";
import { type Place, placesOf } from "./places.js";
import { proposeMissing } from "./propose-missing.js";
import { curveOver } from "./wanted-activations.js";

/** Activations of the original of which the port has none. */
export function proposeMissingActivations(situation: Situation): Hypothesis[] {
  const own = findActivationSites(situation).flatMap((site) => site.own ?? []);
  const patterns = patternsOf(situation, "activation").flatMap((pattern) => {
    const activation = activationOfPattern(pattern);
    return activation === null ? [] : [{ activation, pattern }];
  });
  // One of two relus may be missing: they are counted.
  const count = (all: readonly Activation[], activation: Activation): number =>
    all.filter((one) => isSameActivation(one, activation)).length;
  const theirs = patterns.map((one) => one.activation);
  const named = patterns.filter(({ activation }) => count(own, activation) < count(theirs, activation));
  const { candidate, reference } = outputSamples(situation);
  const curve = recogniseActivation(candidate, reference);
  return placesOf(situation).flatMap((place) => {
    const seen =
      place.op === null
        ? curve?.activation
        : place.tensor === null
          ? undefined
          : curveOver(situation, place.tensor)?.activation;
    const read = named.map(({ activation, pattern }) => {
      const fits = seen !== undefined && isSameActivation(activation, seen);
      return say(situation, place, activation, pattern.output, fits ? 0.8 : 0.6);
    });
    if (
      seen !== undefined &&
      !named.some((one) => isSameActivation(one.activation, seen)) &&
      !own.some((one) => isSameActivation(one, seen))
    )
      read.push(say(situation, place, seen, null, 0.7));
    return read;
  });
}

function say(
  situation: Situation,
  place: Place,
  activation: Activation,
  node: string | null,
  prior: number,
): Hypothesis {
  return proposeMissing(situation, place, {
    cause: "activation-function",
    title: activation.title,
    node,
    f: activation.torch,
    fix: activation.code("x"),
    prior,
    evidence: prior >= 0.7 ? [`the original's values are ${activation.title} ${place.where}`] : [],
  });
}
