import { elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { decode, isNumeric } from "./decode.js";
import { transformWeight, weightTransforms } from "./weight-transforms.js";

/** So many elements, evenly spaced, tell tensors apart. */
const SAMPLES = 4096;
/** In shorter vectors chance is likeness enough. */
const LEAST_ELEMENTS = 8;
/** Orders of axes that are tried: kernels of dense layers have two, those of convolutions some more. */
const MOST_ORDERS = 8;

export interface Likeness {
  /** Pearson's correlation, 0 where there is none or it cannot be told. */
  readonly of: number;
  /** Name of the order of axes (weight-transforms.ts) in which it is that. */
  readonly transform: string | null;
}

const NONE: Likeness = { of: 0, transform: null };

/**
 * How alike the numbers of a parameter are to those of a variable in any order of axes that their shapes allow: Pearson's
 * correlation over evenly spaced elements, from 0 (nothing in common; also where it cannot be told) to 1. It sees what
 * equality does not: rounded weights, a moving average, another step of training. What is centred tells gains near 1 apart.
 */
export function createLikeness(): (own: LazyTensor, variable: LazyTensor) => Likeness {
  const samples = new Map<string, Map<LazyTensor, Float64Array>>();
  const sample = (tensor: LazyTensor, name: string, read: () => LazyTensor): Float64Array => {
    const of = samples.get(name) ?? new Map<LazyTensor, Float64Array>();
    samples.set(name, of);
    const known = of.get(tensor) ?? centred(spaced(read()));
    of.set(tensor, known);
    return known;
  };
  return (own, variable) => {
    if (elementCount(own.shape) < LEAST_ELEMENTS) return NONE;
    if (!isNumeric(own.dtype) || !isNumeric(variable.dtype)) return NONE;
    const mine = sample(own, "itself", () => own);
    const found = weightTransforms(variable.shape, own.shape)
      .slice(0, MOST_ORDERS)
      .map((transform) => {
        const theirs = sample(variable, `${transform.name} ${own.shape.join()}`, () =>
          transformWeight(variable, transform),
        );
        return { of: product(mine, theirs), transform: transform.name };
      });
    return found.reduce((best, one) => (one.of > best.of ? one : best), NONE);
  };
}

function spaced(tensor: LazyTensor): Float64Array {
  const count = elementCount(tensor.shape);
  const bytes = new Uint8Array(tensor.byteLength);
  tensor.read(bytes, 0);
  const data = new Float64Array(count);
  decode(tensor.dtype, bytes.buffer, count, data);
  const step = Math.max(1, Math.floor(data.length / SAMPLES));
  return Float64Array.from({ length: Math.floor(data.length / step) }, (_, i) => data[i * step] ?? 0);
}

/** Of mean 0 and length 1; all 0 where nothing varies. */
function centred(values: Float64Array): Float64Array {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const moved = values.map((value) => value - mean);
  const length = Math.sqrt(moved.reduce((a, b) => a + b * b, 0));
  return moved.map((value) => (length > 0 ? value / length : 0));
}

function product(a: Float64Array, b: Float64Array): number {
  return a.length === b.length ? a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) : 0;
}
