import type { Expression } from "../../runners/edits.js";
import type { Pattern } from "../../tensorflow/evidence/types.js";
import { call, parameterOf, tensorOf } from "../express.js";
import type { Situation } from "../situation.js";
import { normalise } from "./normalise.js";

export type NormPattern = Extract<Pattern, { readonly kind: "normalisation" }>;

const MOST_ELEMENTS = 16_384;

/** Where the channels of weights are: the last axis, or the second where that is how the port keeps them. */
export function channelAxes(pattern: NormPattern, situation: Situation, shape: readonly number[]): number[] {
  const size = (situation.variables.get(pattern.scale ?? pattern.offset ?? pattern.mean ?? "") ?? []).at(-1);
  if (size === undefined) return [shape.length - 1];
  return [shape.length - 1, 1].filter((axis, i, all) => shape[axis] === size && all.indexOf(axis) === i);
}

/** A normalisation of the original with its weights along an axis of the candidate; null where it cannot be written out. */
export function normaliser(
  situation: Situation,
  pattern: NormPattern,
  shape: readonly number[],
  axis: number,
): ((x: Expression) => Expression) | null {
  const epsilon = pattern.epsilon?.value ?? 0;
  const stored = (key: string | null): Expression | null => {
    const count = key === null ? 0 : (situation.variables.get(key) ?? []).reduce((a, b) => a * b, 1);
    if (key === null || count === 0 || count > MOST_ELEMENTS) return null;
    const fact = situation.weights.find((one) => one.key === key && one.transform !== null);
    const values =
      fact === undefined ? tensorOf([...(situation.variableValue(key)?.data ?? [])]) : parameterOf(fact.parameter);
    return call(
      "torch.reshape",
      values,
      shape.slice(axis).map((size, i) => (i === 0 ? size : 1)),
    );
  };
  const [weight, bias] = [stored(pattern.scale), stored(pattern.offset)];
  if (pattern.variant === "batch") {
    const [mean, variance] = [stored(pattern.mean), stored(pattern.variance)];
    if (mean === null || variance === null) return null;
    return (x) => {
      const divided = call(
        "torch.div",
        call("torch.sub", x, mean),
        call("torch.sqrt", call("torch.add", variance, epsilon)),
      );
      const weighted = weight === null ? divided : call("torch.mul", divided, weight);
      return bias === null ? weighted : call("torch.add", weighted, bias);
    };
  }
  const maps = pattern.variant === "group" || (pattern.variant === "layer" && (pattern.axes?.length ?? 1) > 1);
  if (maps && axis === 1 && shape.length > 2) {
    // Over whole maps of channels: groups of them, or all of them as one group.
    const groups = pattern.variant === "group" ? pattern.groups : 1;
    const flat = (key: string | null): Expression | null =>
      key === null || stored(key) === null ? null : call("torch.flatten", stored(key));
    return groups === null
      ? null
      : (x) => call("F.group_norm", x, groups, flat(pattern.scale), flat(pattern.offset), epsilon);
  }
  if (pattern.variant === "group") return null;
  const dims = pattern.variant === "instance" ? shape.map((_, i) => i).filter((i) => i > 0 && i !== axis) : [axis];
  return (x) =>
    normalise(x, {
      dims,
      centred: pattern.variant === "layer" || pattern.variant === "instance",
      epsilon,
      placement: pattern.placement ?? "inside",
      weight,
      bias,
    });
}
