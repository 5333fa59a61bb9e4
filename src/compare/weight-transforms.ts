import type { LazyTensor } from "../formats/types.js";
import { applyLayout } from "./apply-layout.js";
import type { Layout } from "./types.js";

/** A way in which a stored parameter can hold a variable. Surplus axes of size 1 (GPT-2's `[1, in, out]`) do not count. */
export interface WeightTransform {
  /** `same`, `transposed`, or `permuted(2,3,0,1)` as numpy's transpose would be called. */
  readonly name: string;
  readonly layout: Layout;
}

/** Beyond five axes no kernel exists; 120 permutations are tried at most. */
const MAX_AXES = 5;

/**
 * Every permutation under which a variable's shape becomes the parameter's, the identity first. Where the two have not as
 * many axes, the first axes of size 1 of the longer one are left out. A depthwise kernel with several outputs per channel
 * has a transform of its own: TensorFlow's […, channels, multiplier] are merged in torch's [channels·multiplier, 1, …].
 */
export function weightTransforms(variable: readonly number[], parameter: readonly number[]): WeightTransform[] {
  const depthwise = depthwiseTransform(variable, parameter);
  if (depthwise !== null) return [depthwise];
  const kept = withoutOnes(variable, variable.length - parameter.length);
  const target = withoutOnes(parameter, parameter.length - variable.length).map((axis) => parameter[axis]);
  if (target.length !== kept.length || kept.length > MAX_AXES) return [];
  const ones = variable.flatMap((_, axis) => (kept.includes(axis) ? [] : [axis]));
  return permutations(kept.length)
    .filter((order) => order.every((from, to) => variable[kept[from] ?? -1] === target[to]))
    .map((order) => {
      const same = order.every((from, to) => from === to);
      const permute = same && ones.length === 0 ? null : [...ones, ...order.map((from) => kept[from] as number)];
      const name = same ? "same" : order.length === 2 ? "transposed" : `permuted(${order.join(",")})`;
      return { name, layout: { permute, reshape: parameter } };
    });
}

/** `tf.nn.depthwise_conv2d`'s filter [height, width, in, multiplier] in a grouped convolution; null when no axes need merging. */
function depthwiseTransform(variable: readonly number[], parameter: readonly number[]): WeightTransform | null {
  const rank = variable.length;
  const [channels = 1, multiplier = 1] = variable.slice(-2);
  const kernel = variable.slice(0, -2);
  const merged = [channels * multiplier, 1, ...kernel];
  const merges = rank >= 3 && channels > 1 && multiplier > 1 && parameter.join() === merged.join();
  if (!merges) return null;
  const order = [rank - 2, rank - 1, ...kernel.map((_, axis) => axis)];
  return { name: `permuted(${order.join(",")})`, layout: { permute: order, reshape: parameter } };
}

/** The axes of a shape without its first `count` axes of size 1. */
function withoutOnes(shape: readonly number[], count: number): number[] {
  const left = shape.flatMap((size, axis) => (size === 1 ? [axis] : [])).slice(0, Math.max(0, count));
  return shape.flatMap((_, axis) => (left.includes(axis) ? [] : [axis]));
}

/** The variable as the parameter would hold it under a transform. */
export function transformWeight(variable: LazyTensor, transform: WeightTransform): LazyTensor {
  return applyLayout(variable, transform.layout);
}

/** All orders of 0 … n−1, the identity first. */
function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1)
    .flatMap((rest) => Array.from({ length: n }, (_, at) => [...rest.slice(0, at), n - 1, ...rest.slice(at)]))
    .sort(compareOrders);
}

function compareOrders(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((x, i) => x !== b[i]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** Shapes of a variable and of the parameter that is to hold it. */
export interface WeightShapes {
  readonly variable: readonly number[];
  readonly parameter: readonly number[];
}

/**
 * The transform that a module needs, from how it uses the parameter (docs/protocol.md, `expectedLayout`); null when only
 * its function can tell. TensorFlow stores dense kernels `[in, out]`, convolution kernels `[…, in/groups, out]`, those of
 * transposed convolutions `[…, out, in]` and of depthwise ones `[…, in, multiplier]`; torch `[out, in]`, `[out, in/groups, …]`,
 * `[in, out, …]` and `[in·multiplier, 1, …]`. An axis of 1 that one side has more (a 1-D convolution as a 2-D one, a dense
 * layer as a 1×1 convolution) does not count.
 */
export function expectedTransform(expectedLayout: string, { variable, parameter }: WeightShapes): string | null {
  if (parameter.length <= 1) return "same";
  const rank = Math.min(variable.length, parameter.length);
  switch (expectedLayout) {
    case "linear":
      return "transposed";
    case "embedding":
    case "conv1d":
      return "same";
    case "conv":
    case "conv-transpose": {
      if (rank === 2) return "transposed";
      if (rank < 3 || rank > MAX_AXES) return null;
      const kernel = Array.from({ length: rank - 2 }, (_, axis) => axis);
      // One input channel per group where the variable has several: only a depthwise kernel has its channels there.
      const isDepthwise = expectedLayout === "conv" && parameter[1] === 1 && (variable.at(-2) ?? 1) > 1;
      const channels = isDepthwise ? [rank - 2, rank - 1] : [rank - 1, rank - 2];
      return `permuted(${[...channels, ...kernel].join(",")})`;
    }
    default:
      return null;
  }
}

/**
 * The transform that torch's own convolutions need, for a kernel of which nothing tells what its module does with it; null
 * below three axes, where a kernel may as well be a dense one in either orientation.
 */
export function usualTransform(shapes: WeightShapes): string | null {
  if (Math.min(shapes.variable.length, shapes.parameter.length) < 3) return null;
  const usual = expectedTransform("conv", shapes);
  return weightTransforms(shapes.variable, shapes.parameter).some((one) => one.name === usual) ? usual : null;
}
