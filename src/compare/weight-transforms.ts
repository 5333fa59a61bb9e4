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
 * many axes, the first axes of size 1 of the longer one are left out.
 */
export function weightTransforms(variable: readonly number[], parameter: readonly number[]): WeightTransform[] {
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

/**
 * The transform that a module needs, from how it uses the parameter (docs/protocol.md, `expectedLayout`); null when only
 * its function can tell. TensorFlow stores dense kernels `[in, out]` and convolution kernels `[…, in, out]`.
 */
export function expectedTransform(expectedLayout: string, parameterRank: number): string | null {
  if (parameterRank <= 1) return "same";
  switch (expectedLayout) {
    case "linear":
      return "transposed";
    case "embedding":
    case "conv1d":
      return "same";
    case "conv":
    case "conv-transpose":
      return parameterRank === 3
        ? "permuted(2,1,0)"
        : parameterRank === 4
          ? "permuted(3,2,0,1)"
          : parameterRank === 5
            ? "permuted(4,3,0,1,2)"
            : null;
    default:
      return null;
  }
}
