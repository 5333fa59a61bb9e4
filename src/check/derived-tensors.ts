import type { Recipe } from "../align/recipe.js";
import { applyLayout } from "../compare/apply-layout.js";
import { readBlocks } from "../compare/block-reader.js";
import { bytesPerElement, elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";

/**
 * The tensor that a recipe describes. Slices, joined tensors and other shapes read the variables' bytes as they are asked
 * for; what is computed is computed at the first read, in float64, and kept as the dtype of its first variable. Null when a
 * variable is missing or shapes do not fit.
 */
export function deriveTensor(
  recipe: Recipe,
  name: string,
  variables: ReadonlyMap<string, LazyTensor>,
): LazyTensor | null {
  const make = (one: Recipe): LazyTensor | null => deriveTensor(one, name, variables);
  switch (recipe.kind) {
    case "variable": {
      const variable = variables.get(recipe.key);
      return variable === undefined ? null : withoutPlace(variable, name, variable.shape);
    }
    case "reshape": {
      const of = make(recipe.of);
      if (of === null || elementCount(of.shape) !== elementCount(recipe.shape)) return null;
      return applyLayout(of, { permute: null, reshape: recipe.shape });
    }
    case "slice": {
      const of = make(recipe.of);
      return of === null ? null : sliceTensor(of, recipe.axis, recipe.start, recipe.length);
    }
    case "concat": {
      const parts = recipe.of.map(make);
      return allThere(parts) ? joinTensors(parts, recipe.axis) : null;
    }
    case "zeros":
      return compute(name, recipe.shape, [], () => 0);
    case "sum": {
      const parts = recipe.of.map(make);
      const first = parts[0];
      if (first === undefined || first === null || !allThere(parts)) return null;
      return compute(name, first.shape, parts, (i, values) => values.reduce((sum, one) => sum + (one[i] ?? 0), 0));
    }
    case "raise": {
      const of = make(recipe.of);
      const { start, length, by } = recipe;
      if (of === null) return null;
      return compute(name, of.shape, [of], (i, [own]) => (own?.[i] ?? 0) + (i >= start && i < start + length ? by : 0));
    }
    case "norm": {
      const of = make(recipe.of);
      const outputs = of?.shape.at(-1) ?? 1;
      return of === null
        ? null
        : compute(name, [outputs], [of], (i, [own]) => Math.sqrt(columnSquares(own ?? NONE, i, outputs)));
    }
    case "fold-scale": {
      const [of, variance, scale] = [make(recipe.of), make(recipe.variance), recipe.scale && make(recipe.scale)];
      if (of === null || variance === null || (recipe.scale !== null && scale === null)) return null;
      const [outputs, { inner, epsilon }] = [elementCount(variance.shape), recipe];
      return compute(name, of.shape, scale === null ? [of, variance] : [of, variance, scale], (i, [w, v, g]) => {
        const output = Math.floor(i / inner) % outputs;
        return ((w?.[i] ?? 0) * (g === undefined ? 1 : (g[output] ?? 0))) / Math.sqrt((v?.[output] ?? 0) + epsilon);
      });
    }
    case "fold-shift": {
      const named = { bias: recipe.bias, scale: recipe.scale, offset: recipe.offset };
      const [mean, variance] = [make(recipe.mean), make(recipe.variance)];
      const given = Object.entries(named).flatMap(([key, one]) => (one === null ? [] : [[key, make(one)] as const]));
      if (mean === null || variance === null || given.some(([, tensor]) => tensor === null)) return null;
      const tensors = [mean, variance, ...given.flatMap(([, tensor]) => tensor ?? [])];
      return compute(name, [recipe.length], tensors, (i, values) => {
        const at = (key: string, otherwise: number): number => {
          const place = given.findIndex(([one]) => one === key);
          return place === -1 ? otherwise : (values[2 + place]?.[i] ?? 0);
        };
        const root = Math.sqrt((values[1]?.[i] ?? 0) + recipe.epsilon);
        return ((at("bias", 0) - (values[0]?.[i] ?? 0)) * at("scale", 1)) / root + at("offset", 0);
      });
    }
    case "weight-norm": {
      const [direction, gain] = [make(recipe.direction), make(recipe.gain)];
      const outputs = direction?.shape.at(-1) ?? 1;
      if (direction === null || gain === null || elementCount(gain.shape) !== outputs) return null;
      const norms: number[] = [];
      return compute(name, direction.shape, [direction, gain], (i, [v, g]) => {
        const column = i % outputs;
        norms[column] ??= Math.sqrt(columnSquares(v ?? NONE, column, outputs));
        return ((v?.[i] ?? 0) * (g?.[column] ?? 0)) / (norms[column] ?? 1);
      });
    }
  }
}

const NONE = new Float64Array(0);

function columnSquares(values: Float64Array, column: number, columns: number): number {
  let sum = 0;
  for (let i = column; i < values.length; i += columns) sum += (values[i] ?? 0) ** 2;
  return sum;
}

function allThere(parts: readonly (LazyTensor | null)[]): parts is readonly LazyTensor[] {
  return parts.every((part) => part !== null);
}

/** A view of bytes that lie in no one piece of a file, so that nobody maps them. */
function withoutPlace(tensor: LazyTensor, name: string, shape: readonly number[]): LazyTensor {
  const read = tensor.read.bind(tensor);
  return {
    name,
    dtype: tensor.dtype,
    shape,
    byteLength: tensor.byteLength,
    location: { file: tensor.location.file },
    read,
  };
}

/** Indices `start` … of one axis; null when the axis is shorter. */
export function sliceTensor(of: LazyTensor, axis: number, start: number, length: number): LazyTensor | null {
  const size = of.shape[axis] ?? 0;
  if (start < 0 || start + length > size) return null;
  const inner = elementCount(of.shape.slice(axis + 1)) * bytesPerElement(of.dtype);
  const shape = of.shape.with(axis, length);
  const run = length * inner;
  return {
    ...withoutPlace(of, of.name, shape),
    byteLength: elementCount(shape) * bytesPerElement(of.dtype),
    read(target, byteOffset) {
      forRuns(target.length, byteOffset, run, (at, count, index, offset) =>
        of.read(target.subarray(at, at + count), (index * size + start) * inner + offset),
      );
    },
  };
}

/** Tensors one behind the other along an axis; null when their other sizes or dtypes differ. */
export function joinTensors(parts: readonly LazyTensor[], axis: number): LazyTensor | null {
  const first = parts[0];
  if (first === undefined) return null;
  const others = (shape: readonly number[]): string => shape.toSpliced(axis, 1).join();
  const dtype = parts.find((part) => part.dtype !== first.dtype)?.dtype;
  if (dtype !== undefined || parts.some((part) => others(part.shape) !== others(first.shape))) return null;
  const width = bytesPerElement(first.dtype);
  const runs = parts.map((part) => elementCount(part.shape.slice(axis)) * width);
  const starts = runs.map((_, i) => runs.slice(0, i).reduce((a, b) => a + b, 0));
  const run = runs.reduce((a, b) => a + b, 0);
  const shape = first.shape.with(
    axis,
    parts.reduce((size, part) => size + (part.shape[axis] ?? 0), 0),
  );
  return {
    ...withoutPlace(first, first.name, shape),
    byteLength: elementCount(shape) * width,
    read(target, byteOffset) {
      forRuns(target.length, byteOffset, run, (at, count, index, offset) => {
        for (let done = 0; done < count; ) {
          const place = offset + done;
          const which = starts.findLastIndex((start) => start <= place);
          const [part, start, own] = [parts[which], starts[which] ?? 0, runs[which] ?? 0];
          const length = Math.min(count - done, start + own - place);
          part?.read(target.subarray(at + done, at + done + length), index * own + place - start);
          done += length;
        }
      });
    },
  };
}

/** Cuts a stretch of bytes where runs of equal length begin: place in the target, length, number of the run, offset in it. */
function forRuns(
  length: number,
  byteOffset: number,
  run: number,
  visit: (at: number, count: number, index: number, offset: number) => void,
): void {
  for (let at = 0; at < length; ) {
    const place = byteOffset + at;
    const offset = place % run;
    const count = Math.min(length - at, run - offset);
    visit(at, count, Math.floor(place / run), offset);
    at += count;
  }
}

/** Element by element from the values of others, at the first read. */
function compute(
  name: string,
  shape: readonly number[],
  from: readonly LazyTensor[],
  element: (index: number, values: readonly Float64Array[]) => number,
): LazyTensor {
  // Parts of a variable that are joined later must have its dtype; float32 is what checkpoints hold.
  const isWide = from.some((tensor) => tensor.dtype === "float64");
  const count = elementCount(shape);
  let bytes: Uint8Array | undefined;
  const evaluate = (): Uint8Array => {
    const values = from.map((tensor) => {
      const all = new Float64Array(elementCount(tensor.shape));
      readBlocks(tensor, all.length).read(0, all.length, all);
      return all;
    });
    const out = isWide ? new Float64Array(count) : new Float32Array(count);
    for (let i = 0; i < count; i++) out[i] = element(i, values);
    return new Uint8Array(out.buffer);
  };
  return {
    name,
    dtype: isWide ? "float64" : "float32",
    shape,
    byteLength: count * (isWide ? 8 : 4),
    location: { file: from[0]?.location.file ?? "" },
    read(target, byteOffset) {
      bytes ??= evaluate();
      target.set(bytes.subarray(byteOffset, byteOffset + target.length));
    },
  };
}
