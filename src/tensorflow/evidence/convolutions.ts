import { explicitPadding, spatialAxes } from "./picture-axes.js";
import type { RegionView } from "./region-view.js";
import type { OriginalOp, Pattern } from "./types.js";

type Convolution = Pattern & { readonly kind: "convolution" };

const OPS = ["Conv2D", "Conv3D", "DepthwiseConv2dNative", "Conv2DBackpropInput", "Conv3DBackpropInputV2"] as const;

/** Convolutions; of one axis as ExpandDims, Conv2D, Squeeze; dilated by SpaceToBatchND around them. */
export function findConvolutions(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  for (const op of view.open(...OPS)) {
    const pattern = dilate(view, matchConvolution(view, op));
    for (const node of pattern.nodes) view.claimed.add(node);
    found.push(pattern);
  }
  return found;
}

function matchConvolution(view: RegionView, op: OriginalOp): Convolution {
  const transposed = op.op.includes("Backprop");
  const { axes, channelsLast, input, output, nodes } = spatialAxes(view, op, transposed ? 2 : 0);
  const pick = (name: string): number[] => {
    const list = op.attributes[name];
    return axes.map((axis) => (Array.isArray(list) ? Number(list[axis] ?? 1) : 1));
  };
  return {
    kind: "convolution",
    transposed,
    depthwise: op.op.startsWith("Depthwise"),
    kernel: view.variable(op.inputs[1]),
    strides: pick("strides"),
    dilations: pick("dilations"),
    padding: explicitPadding(op, axes),
    channelsLast,
    input,
    output,
    nodes,
  };
}

/** A dilated convolution as TensorFlow once wrote it: SpaceToBatchND, a plain one without padding, BatchToSpaceND. */
function dilate(view: RegionView, plain: Convolution): Convolution {
  const before = view.producerOf(plain.input, "SpaceToBatchND");
  const after = view.readers(plain.output).find((reader) => reader.op === "BatchToSpaceND");
  const block = view.integers(before?.inputs[1]);
  if (before === undefined || after === undefined || block === null) return plain;
  const [pads, crops] = [view.integers(before.inputs[2]), view.integers(after.inputs[2])];
  const pairs = block.map((_, i): [number, number] => [
    (pads?.[2 * i] ?? 0) - (crops?.[2 * i] ?? 0),
    (pads?.[2 * i + 1] ?? 0) - (crops?.[2 * i + 1] ?? 0),
  ]);
  const isValid = pads !== null && crops !== null && pairs.every(([start, end]) => start === 0 && end === 0);
  return {
    ...plain,
    dilations: block,
    // Sizes that are known only in a run are padded because the convolution keeps them.
    padding: isValid ? "VALID" : pads === null || crops === null ? "SAME" : sameOr(view, plain, block, pairs),
    input: before.inputs[0] ?? plain.input,
    output: `${after.node}:0`,
    nodes: [before.node, ...plain.nodes, after.node],
  };
}

/** SAME where the padding is what keeps the size, (kernel − 1)·dilation in all with the smaller half in front. */
function sameOr(
  view: RegionView,
  plain: Convolution,
  dilations: readonly number[],
  pairs: readonly (readonly [number, number])[],
): Convolution["padding"] {
  const [tensor] = [...view.region.variables].find(([, key]) => key === plain.kernel) ?? [];
  const kernel = view.shape(tensor);
  const keeps = pairs.every(([start, end], i) => {
    const total = ((kernel?.[i] ?? Number.NaN) - 1) * (dilations[i] ?? 1);
    return start + end === total && start === Math.floor(total / 2);
  });
  return keeps ? "SAME" : pairs;
}
