import { computedFrom, isNear } from "./polynomial.js";
import type { RegionView } from "./region-view.js";
import { shortestNumber } from "./shortest-number.js";
import type { OriginalOp, Pattern } from "./types.js";

type Normalisation = Pattern & { readonly kind: "normalisation" };

/** FusedBatchNorm's attribute where the file strips defaults (tensorflow/core/ops/nn_ops.cc). */
const DEFAULT_EPSILON = 1e-4;

/**
 * FusedBatchNorm by stored statistics is batch normalisation. By statistics of its input it is what the shape of that
 * input makes of it: Keras normalises layers as [1, rows, width, 1], images of a batch as [1, batch·channels, h, w].
 */
export function fusedNormalisation(view: RegionView, op: OriginalOp): Normalisation {
  const { epsilon: stated, is_training: training, data_format: format } = op.attributes;
  const epsilon = { value: shortestNumber(typeof stated === "number" ? stated : DEFAULT_EPSILON), node: op.node };
  const [input = "", scale, offset, mean, variance] = op.inputs;
  const own = `${op.node}:0`;
  const base = { kind: "normalisation", epsilon, placement: "inside", groups: null } as const;
  if (training === false) {
    const keys = { scale: view.variable(scale), offset: view.variable(offset) };
    const stored = { mean: view.variable(mean), variance: view.variable(variance) };
    return { ...base, variant: "batch", axes: null, ...keys, ...stored, input, output: own, nodes: [op.node] };
  }
  const channelsFirst = typeof format === "string" && format.startsWith("NC");
  const reshape = channelsFirst ? view.producerOf(input, "Reshape") : undefined;
  const rank = view.shape(input)?.length ?? 4;
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + (channelsFirst ? 2 : 1));
  const axes = [0, ...spatial];
  if (reshape === undefined) {
    const keys = { scale: view.variable(scale), offset: view.variable(offset), mean: null, variance: null };
    return { ...base, variant: "batch", axes, ...keys, input, output: own, nodes: [op.node] };
  }
  const x = reshape.inputs[0] ?? input;
  const around = readAround(view, own);
  const sizes = view.sizes(reshape.inputs[1]);
  const isLayer = sizes?.at(-1) === 1;
  return {
    ...base,
    variant: isLayer ? "layer" : "instance",
    axes: isLayer ? trailingAxis(view, x) : null,
    scale: around.scale ?? view.variable(scale),
    offset: around.offset ?? view.variable(offset),
    mean: null,
    variance: null,
    input: x,
    output: around.output,
    nodes: view.nodesBetween(around.output, [x]),
  };
}

function trailingAxis(view: RegionView, tensor: string): readonly number[] {
  return view.countAxes([-1], tensor);
}

/** y·γ + β after the op, where it was given ones and zeros. */
function readAround(view: RegionView, own: string): { output: string; scale: string | null; offset: string | null } {
  let best: { output: string; scale: string | null; offset: string | null } = {
    output: own,
    scale: null,
    offset: null,
  };
  best = { ...best, output: view.aroundReshapes(own, own)[1] };
  for (const { tensor, polynomial } of computedFrom(view, own, new Set([own]))) {
    const terms = [...polynomial.values()];
    const data = terms.filter((term) => term.powers.get(own) === 1);
    const rest = terms.filter((term) => !term.powers.has(own));
    const [gain, shift] = [data[0], rest[0]].map((term) =>
      [...(term?.powers.keys() ?? [])].filter((name) => name !== own),
    );
    if (data.length !== 1 || rest.length > 1 || (gain?.length ?? 0) > 1 || (rest.length === 1 && shift?.length !== 1))
      continue;
    if (tensor === own || !terms.every((term) => isNear(term.coefficient, 1))) continue;
    best = { output: tensor, scale: gain?.[0]?.slice(1) ?? null, offset: shift?.[0]?.slice(1) ?? null };
  }
  return best;
}
