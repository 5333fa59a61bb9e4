import type { Pattern } from "../../tensorflow/evidence/types.js";
import type { Stored } from "../find-layers.js";
import { commonScope } from "../names.js";
import type { Layer } from "../types.js";
import { biasOf } from "./dense.js";
import { fieldAsIs, keywords, tuple } from "./fields.js";

type Convolution = Pattern & { readonly kind: "convolution" };

/** A convolution with its strides, dilations and padding: nn.Conv1d, nn.Conv2d, nn.Conv3d or their transposes. */
export function convolutionLayer(
  pattern: Convolution,
  biasKey: string | null,
  stored: ReadonlyMap<string, Stored>,
): Layer | null {
  const kernel = pattern.kernel === null ? undefined : stored.get(pattern.kernel);
  if (kernel === undefined) return null;
  const rank = kernel.shape.length - 2;
  const [first, second] = kernel.shape.slice(-2);
  if (rank < 1 || rank > 3 || first === undefined || second === undefined) return null;
  const size = kernel.shape.slice(0, rank);
  const spatial = size.map((_, axis) => axis);
  // A convolution of one axis runs as one of two, of which the last counts.
  const [strides, dilations] = [pattern.strides.slice(-rank), pattern.dilations.slice(-rank)];
  const { padding, notes } = paddingOf(pattern, size, strides, dilations);
  const options = [
    strides.some((one) => one !== 1) ? `, stride=${tuple(strides)}` : "",
    padding.some((one) => one !== 0) ? `, padding=${tuple(padding)}` : "",
    dilations.some((one) => one !== 1) ? `, dilation=${tuple(dilations)}` : "",
  ].join("");
  const shape = shapesOf(pattern, first, second);
  const bias = biasOf(biasKey, shape.outputs, kernel, stored);
  const groups = shape.groups === 1 ? "" : `, groups=${shape.groups}`;
  const name = `nn.Conv${pattern.transposed ? "Transpose" : ""}${rank}d`;
  const rest = `${options}${groups}${bias === null ? ", bias=False" : ""}${keywords(kernel.dtype)}`;
  const order = pattern.depthwise ? [rank, rank + 1, ...spatial] : [rank + 1, rank, ...spatial];
  const weight = [...shape.weight, ...size];
  return {
    path: commonScope([kernel.key, ...(bias === null ? [] : [bias.key])]),
    construct: `${name}(${shape.inputs}, ${shape.outputs}, ${tuple(size)}${rest})`,
    dtype: null,
    fields: [
      {
        name: "weight",
        key: kernel.key,
        stored: kernel.shape,
        shape: weight,
        change: `.permute(${order.join(", ")})${pattern.depthwise ? `.reshape(${weight.join(", ")})` : ""}`,
        why: `stored [${kernel.shape.join(", ")}] = [${"kernel, ".repeat(rank)}${shape.from}]; ${name} stores ${shape.to}`,
      },
      ...(bias === null ? [] : [fieldAsIs("bias", bias)]),
    ],
    notes: [...notes, ...(pattern.channelsLast ? ["the original's channels are last, those of PyTorch first"] : [])],
  };
}

function shapesOf(pattern: Convolution, first: number, second: number) {
  if (pattern.depthwise) {
    const outputs = first * second;
    const words = { from: "in, multiplier", to: "[in * multiplier, 1, kernel ...]" };
    return { inputs: first, outputs, groups: first, weight: [outputs, 1], ...words };
  }
  if (pattern.transposed) {
    const words = { from: "out, in", to: "[in, out, kernel ...]" };
    return { inputs: second, outputs: first, groups: 1, weight: [second, first], ...words };
  }
  const words = { from: "in, out", to: "[out, in, kernel ...]" };
  return { inputs: first, outputs: second, groups: 1, weight: [second, first], ...words };
}

/**
 * Padding as PyTorch can say it: the same on both ends. TensorFlow's SAME puts the odd one behind, and with strides depends on the
 * size of the input; both are noted, for they have to be written into forward.
 */
function paddingOf(
  { padding, transposed }: Convolution,
  size: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): { readonly padding: readonly number[]; readonly notes: readonly string[] } {
  const none = size.map(() => 0);
  if (padding === "VALID") return { padding: none, notes: [] };
  if (padding === "SAME") {
    if (transposed) return { padding: none, notes: ["padding SAME: crop the output in forward to strides * input"] };
    const total = size.map((one, axis) => (one - 1) * (dilations[axis] ?? 1));
    if (total.every((one) => one % 2 === 0) && strides.every((one) => one === 1)) {
      return { padding: total.map((one) => one / 2), notes: [] };
    }
    const why = strides.some((one) => one !== 1)
      ? "depends on the input's size: total = max((ceil(n / stride) - 1) * stride + (kernel - 1) * dilation + 1 - n, 0)"
      : `is ${total.join(" and ")} in all`;
    return { padding: none, notes: [`padding SAME ${why}, the smaller half in front: F.pad in forward`] };
  }
  const pairs = padding.slice(-size.length);
  if (pairs.every(([before, after]) => before === after))
    return { padding: pairs.map(([before]) => before), notes: [] };
  return { padding: none, notes: [`padding [${pairs.map((one) => one.join(", ")).join("], [")}]: F.pad in forward`] };
}
