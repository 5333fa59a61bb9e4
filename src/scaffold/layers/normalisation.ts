import type { Pattern } from "../../tensorflow/evidence/types.js";
import type { Stored } from "../find-layers.js";
import { commonScope } from "../names.js";
import type { Layer } from "../types.js";
import { fieldAsIs, keywords, pythonNumber } from "./fields.js";

/** What torch assumes where the graph names no epsilon. */
const NO_EPSILON = "0.0";

/**
 * A norm with its epsilon: nn.LayerNorm, nn.GroupNorm, nn.BatchNorm1d to 3d. Null for those that have no module with the same
 * parameters (a scale without an offset, a root mean square), whose variables stay bare.
 *
 * @param rank spatial axes of what a batch norm normalises
 */
export function normalisationLayer(
  pattern: Pattern & { readonly kind: "normalisation" },
  stored: ReadonlyMap<string, Stored>,
  rank: number,
): Layer | null {
  const at = (key: string | null): Stored | undefined => (key === null ? undefined : stored.get(key));
  const [scale, offset] = [at(pattern.scale), at(pattern.offset)];
  const [mean, variance] = [at(pattern.mean), at(pattern.variance)];
  const size = (scale ?? offset ?? mean)?.shape;
  const first = scale ?? offset ?? mean;
  if (size === undefined || first === undefined || size.length !== 1) return null;
  const eps = `eps=${pattern.epsilon === null ? NO_EPSILON : pythonNumber(pattern.epsilon.value)}`;
  const type = keywords(first.dtype);
  const affine = [
    ...(scale === undefined ? [] : [fieldAsIs("weight", scale)]),
    ...(offset === undefined ? [] : [fieldAsIs("bias", offset)]),
  ];
  const keys = [scale, offset, mean, variance].flatMap((one) => (one === undefined ? [] : [one.key]));
  const head = { path: commonScope(keys), dtype: null, notes: notesOf(pattern) };
  switch (pattern.variant) {
    case "layer":
      if (scale === undefined) return null;
      return {
        ...head,
        construct: `nn.LayerNorm(${size[0]}, ${eps}${offset === undefined ? ", bias=False" : ""}${type})`,
        fields: affine,
      };
    case "group":
      if (scale === undefined || offset === undefined || pattern.groups === null) return null;
      return { ...head, construct: `nn.GroupNorm(${pattern.groups}, ${size[0]}, ${eps}${type})`, fields: affine };
    case "batch": {
      if (mean === undefined || variance === undefined || (scale === undefined) !== (offset === undefined)) return null;
      const plain = scale === undefined ? ", affine=False" : "";
      const statistics = [fieldAsIs("running_mean", mean), fieldAsIs("running_var", variance)];
      return {
        ...head,
        construct: `nn.BatchNorm${rank}d(${size[0]}, ${eps}${plain}${type})`,
        fields: [...affine, ...statistics],
      };
    }
    default:
      return null;
  }
}

function notesOf({ placement }: Pattern & { readonly kind: "normalisation" }): string[] {
  if (placement === "outside") return ["the original adds epsilon outside the root: sqrt(v) + eps"];
  return placement === "maximum" ? ["the original takes max(v, eps) under the root"] : [];
}
