import { elementCount } from "../../formats/dtype.js";
import type { DType, LazyTensor } from "../../formats/types.js";
import { applyLayout } from "../apply-layout.js";
import { compareTensors } from "../compare-tensors.js";
import { type Bounds, type Extreme, type Layout, type Metrics, SAME_LAYOUT } from "../types.js";
import { unravel } from "../unravel.js";
import { choosePlaces } from "./choose-places.js";
import { takeSample } from "./take-sample.js";

/** What is kept of the reference's tensor. */
export interface Sketched {
  readonly name: string;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly sample: LazyTensor;
  readonly channels: LazyTensor;
}

/**
 * The figures of two tensors of which one is kept as a sketch. They are those of the kept elements; `count` counts them. Besides
 * these the mean, the root mean square, the smallest and the largest of every channel are compared. None of them can be further
 * off than the element that is furthest off, so that where one is further off than every kept element, it is `maxAbs`: at the
 * first element of its channel, with the two figures as the two values. A port that is right stays below what is allowed to
 * one element; a fault that no kept element shows is seen where it moves one of these figures.
 *
 * @throws ParityError as `compareTensors`
 */
export function compareWithSketch(
  reference: Sketched,
  candidate: LazyTensor,
  options: { readonly layout?: Layout; readonly bounds?: Bounds } = {},
): Metrics {
  const layout = options.layout ?? SAME_LAYOUT;
  const bounds = options.bounds === undefined ? {} : { bounds: options.bounds };
  const turned = applyLayout(candidate, inverse(layout, reference.shape));
  const places = choosePlaces(reference.shape, elementCount(reference.sample.shape), reference.seed);
  const own = takeSample(turned, places);
  const dtype = candidate.dtype === "float64" ? "float64" : "float32";
  const sample = compareTensors(reference.sample, inMemory(candidate.name, own.values, dtype), bounds);
  const figures = compareTensors(
    reference.channels,
    inMemory(candidate.name, own.channels, dtype, [4, own.channels.length / 4]),
    bounds,
  );
  const place = (index: readonly number[]): number[] =>
    indexIn(candidate.shape, layout, reference.shape, places[index[0] ?? 0] ?? 0);
  const channel = (index: readonly number[]): number[] =>
    indexIn(candidate.shape, layout, reference.shape, index[1] ?? 0);
  const at = (extreme: Extreme | null, where: typeof place): Extreme | null =>
    extreme === null ? null : { ...extreme, index: where(extreme.index) };
  const larger = (figures.maxAbs?.value ?? 0) > (sample.maxAbs?.value ?? 0);
  const missing = sample.nonFiniteMismatch ?? figures.nonFiniteMismatch;
  return {
    ...sample,
    // Of elements that are not kept nobody can say so.
    identical: false,
    maxAbs: larger ? at(figures.maxAbs, channel) : at(sample.maxAbs, place),
    maxRel: at(sample.maxRel, place),
    maxAbsReference: Math.max(sample.maxAbsReference, figures.maxAbsReference),
    smallestTolerance: Math.max(sample.smallestTolerance, figures.smallestTolerance),
    overTolerance: together(sample.overTolerance, figures.overTolerance, sample.count),
    nonFiniteMismatch:
      missing === null
        ? null
        : { ...missing, firstIndex: (missing === sample.nonFiniteMismatch ? place : channel)(missing.firstIndex) },
  };
}

function together(
  sample: Metrics["overTolerance"],
  figures: Metrics["overTolerance"],
  count: number,
): Metrics["overTolerance"] {
  if (sample === null || figures === null) return sample;
  // A figure beyond the tolerance is an element beyond it that was not kept.
  const beyond = sample.count + (sample.count === 0 ? figures.count : 0);
  return { count: beyond, share: count === 0 ? 0 : Math.min(1, beyond / count) };
}

/** The layout by which the candidate's tensor becomes the reference's. */
function inverse({ permute, reshapeFirst }: Layout, shape: readonly number[]): Layout {
  if (permute === null) return { permute: null, reshape: shape };
  const before = reshapeFirst ?? shape;
  const back: number[] = new Array(permute.length).fill(0);
  permute.forEach((axis, i) => {
    back[axis] = i;
  });
  return { reshapeFirst: permute.map((axis) => before[axis] ?? 1), permute: back, reshape: shape };
}

/** Where an element of the reference's tensor lies in the candidate's. */
function indexIn(candidate: readonly number[], layout: Layout, shape: readonly number[], flat: number): number[] {
  const { permute } = layout;
  if (permute === null) return unravel(flat, candidate);
  const before = layout.reshapeFirst ?? shape;
  const index = unravel(flat, before);
  const turned = permute.reduce((sum, axis) => sum * (before[axis] ?? 1) + (index[axis] ?? 0), 0);
  return unravel(turned, candidate);
}

/** Numbers as a tensor. float32 where the candidate has no more: then they are equal bit for bit where the elements are. */
function inMemory(
  name: string,
  values: Float64Array,
  dtype: DType & ("float32" | "float64"),
  shape: readonly number[] = [values.length],
): LazyTensor {
  const data = dtype === "float64" ? values : Float32Array.from(values);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return {
    name,
    dtype,
    shape,
    byteLength: bytes.length,
    location: { file: name },
    read: (target, from) => target.set(bytes.subarray(from, from + target.length)),
  };
}
