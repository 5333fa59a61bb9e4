import { elementCount } from "../../formats/dtype.js";
import type { LazyTensor } from "../../formats/types.js";
import { readBlocks } from "../block-reader.js";
import { makeComparable } from "../comparable.js";
import { fitsFloat32 } from "../decode.js";
import type { DetailKernel } from "../detail-kernel.js";
import type { Layout } from "../types.js";
import { ulpUnit } from "../ulp.js";
import { unravel } from "../unravel.js";
import { loadKernel } from "../wasm-kernel.js";
import { type Arrangement, arrangeAxes } from "./arrange-axes.js";
import { BinCounter, binEdges } from "./count-histogram.js";
import { ScatterCounter } from "./count-scatter.js";
import { encodeCells, errorScale, valueScale } from "./encode-cells.js";
import { CellFiller, makeGrid } from "./fill-cells.js";
import { fillErrors, fillRelative, fillUlp, type Numbers } from "./fill-differences.js";
import { ErrorProfiler } from "./profile-errors.js";
import { PlaneRanking } from "./rank-planes.js";
import { readElements, readLens } from "./read-lens.js";
import { shortenProfile } from "./shorten-profile.js";
import { StatisticsCounter } from "./tensor-statistics.js";
import type { DetailSize, Lens, Picture, TensorDetail, WorstElement } from "./types.js";
import { RunWalker } from "./walk-runs.js";
import { WorstCollector } from "./worst-elements.js";

/** Elements at a time: with what is made of them they stay in the second-level cache. */
const BLOCK = 8192;

/**
 * What the page of a layer shows of its two tensors. Both are read twice, front to back: first for the figures that are one
 * per tensor (statistics, profiles, the worst elements, the worst planes), then for what needs them (cells, histogram,
 * scatter). Nothing is sampled. 64-bit integers beyond 2⁵³ are rounded to float64.
 *
 * @param axes what each axis of the candidate is
 * @param kernel null for the plain loops, which give the same
 * @throws ParityError INPUTS_INVALID as compareTensors
 */
export function describeTensors(
  reference: LazyTensor,
  candidate: LazyTensor,
  layout: Layout,
  axes: readonly string[],
  size: DetailSize,
  kernel: DetailKernel | null = loadKernel()?.detail ?? null,
): TensorDetail {
  const arranged = makeComparable(reference, candidate, layout);
  const narrow = fitsFloat32(reference.dtype) && fitsFloat32(candidate.dtype);
  const pair: Sides = { reference: arranged, candidate, narrow, kernel: narrow ? kernel : null };
  const { shape } = candidate;
  const arrangement = arrangeAxes(shape, axes);
  const walker = new RunWalker(shape, arrangement);
  const first = survey(pair, walker, arrangement, size);
  const ranked = first.planes.finish(Math.min(size.planes, arrangement.planes));
  const { cells, ...counts } = paint(pair, walker, arrangement, size, {
    range: first.range,
    planes: ranked.map(({ plane }) => plane),
  });
  const lensOf = (worst: number | null, plane: number): Lens | null =>
    worst === null || size.lens === null
      ? null
      : readLens(pair.reference, candidate, walker, arrangement, placeOf(worst, plane, walker), size.lens);
  return {
    shape,
    statistics: first.statistics,
    picture: makePicture(
      shape,
      arrangement,
      cells,
      ranked.map(({ plane, worst }) => ({ plane, lens: lensOf(worst, plane) })),
    ),
    ...counts,
    profiles: first.profiles.map((profile) => shortenProfile(profile, size.entries)),
    worst: worstElements(pair, first.worst),
  };
}

/** Both in the candidate's order of axes. */
interface Sides {
  readonly reference: LazyTensor;
  readonly candidate: LazyTensor;
  /** float32 holds all values of both. */
  readonly narrow: boolean;
  /** Null where they do not fit into its blocks. */
  readonly kernel: DetailKernel | null;
}

/** Reads both sides block by block. */
function readBoth(
  { reference, candidate, narrow, kernel }: Sides,
  errors: Float64Array,
  see: (r: Numbers, c: Numbers, first: number, length: number, finite: boolean) => void,
): void {
  const room = (): Numbers => (narrow ? new Float32Array(BLOCK) : new Float64Array(BLOCK));
  const [r, c] = kernel === null ? [room(), room()] : [kernel.reference, kernel.candidate];
  const [readers, count] = [
    [readBlocks(reference, BLOCK), readBlocks(candidate, BLOCK)],
    elementCount(candidate.shape),
  ];
  for (let first = 0; first < count; first += BLOCK) {
    const length = Math.min(BLOCK, count - first);
    readers[0]?.read(first, length, r);
    readers[1]?.read(first, length, c);
    const finite = kernel?.fillErrors(length) || fillErrors(r, c, length, errors);
    see(r, c, first, length, finite);
  }
}

function survey(pair: Sides, walker: RunWalker, { planes: count }: Arrangement, size: DetailSize) {
  const { kernel } = pair;
  const [r, c] = [new StatisticsCounter("reference", kernel), new StatisticsCounter("candidate", kernel)];
  const profiler = new ErrorProfiler(pair.candidate.shape, kernel);
  const worst = new WorstCollector(size.worst);
  const planes = new PlaneRanking(walker, count);
  const errors = kernel?.errors ?? new Float64Array(BLOCK);
  readBoth(pair, errors, (reference, candidate, first, length, finite) => {
    r.add(reference, length, finite);
    c.add(candidate, length, finite);
    profiler.add(errors, first, length, finite);
    worst.add(errors, first, length);
    planes.add(errors, first, length);
  });
  const ranges = [r.range, c.range].filter((range) => range !== null);
  const range = {
    low: Math.min(...ranges.map(({ low }) => low)),
    high: Math.max(...ranges.map(({ high }) => high)),
  };
  return {
    statistics: { reference: r.finish(), candidate: c.finish() },
    profiles: profiler.finish(),
    worst: worst.finish(),
    planes,
    range: ranges.length === 0 ? null : range,
  };
}

interface Wanted {
  readonly range: { readonly low: number; readonly high: number } | null;
  readonly planes: readonly number[];
}

function paint(pair: Sides, walker: RunWalker, arrangement: Arrangement, size: DetailSize, wanted: Wanted) {
  const { rows, columns, planes } = arrangement;
  const grid = makeGrid(rows, columns, size.cells);
  const { kernel } = pair;
  const cells = new CellFiller(walker, grid, wanted.planes, planes, kernel);
  const edges = binEdges(wanted.range, size.bins);
  const [r, c] = [new BinCounter(edges, "reference", kernel), new BinCounter(edges, "candidate", kernel)];
  const scatter = new ScatterCounter(BLOCK, kernel);
  const unit = ulpUnit(pair.reference.dtype, pair.candidate.dtype);
  const block = {
    errors: kernel?.errors ?? new Float64Array(BLOCK),
    relative: kernel?.relative ?? new Float32Array(BLOCK),
    ulp: kernel?.ulp ?? new Float32Array(BLOCK),
  };
  const scratch = { signed: new Float64Array(BLOCK), distances: new Float64Array(BLOCK) };
  readBoth(pair, block.errors, (reference, candidate, first, length, finite) => {
    r.add(reference, length, finite);
    c.add(candidate, length, finite);
    scatter.add(reference, block.errors, length, finite);
    if (kernel !== null && finite && unit === "float32") kernel.fillRatios(length);
    else {
      fillRelative(reference, block.errors, length, block.relative);
      fillUlp(unit, reference, candidate, block.errors, length, scratch, block.ulp);
    }
    const shown = finite
      ? { reference, candidate }
      : { reference: nanAsInfinity(reference), candidate: nanAsInfinity(candidate) };
    cells.add({ ...shown, ...block }, first, length, finite);
  });
  return {
    cells: { grid, planes: cells.planes },
    histogram: { edges, reference: r.finish(), candidate: c.finish() },
    scatter: scatter.finish(size.decades),
  };
}

/** NaN is larger than nothing; Infinity is, and is shown the same. */
function nanAsInfinity(values: Numbers): Numbers {
  return values.map((value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value));
}

function placeOf(flat: number, plane: number, walker: RunWalker) {
  let place = { plane, row: 0, column: 0 };
  walker.walk(flat, 1, (_from, _to, _plane, row, column) => {
    place = { plane, row, column };
  });
  return place;
}

function makePicture(
  shape: readonly number[],
  arrangement: Arrangement,
  { grid, planes }: { readonly grid: ReturnType<typeof makeGrid>; readonly planes: CellFiller["planes"] },
  shown: readonly { readonly plane: number; readonly lens: Lens | null }[],
): Picture {
  const { rowAxes, columnAxes, planeAxes, rows, columns } = arrangement;
  const scales = {
    value: valueScale(planes.flatMap((one) => [one.reference, one.candidate])),
    difference: errorScale(planes.map((one) => one.difference)),
    relative: errorScale(planes.map((one) => one.relative)),
    ulp: errorScale(planes.map((one) => one.ulp)),
  };
  const sizes = planeAxes.map((axis) => shape[axis] ?? 1);
  return {
    rowAxes,
    columnAxes,
    planeAxes,
    rows,
    columns,
    tile: grid.tile,
    planes: planes.map((cells, at) => ({
      index: unravel(shown[at]?.plane ?? 0, sizes),
      reference: encodeCells(cells.reference, scales.value),
      candidate: encodeCells(cells.candidate, scales.value),
      difference: encodeCells(cells.difference, scales.difference),
      relative: encodeCells(cells.relative, scales.relative),
      ulp: encodeCells(cells.ulp, scales.ulp),
      lens: shown[at]?.lens ?? null,
    })),
    cut: arrangement.planes - planes.length,
    scales,
  };
}

function worstElements({ reference, candidate }: Sides, found: readonly number[]): WorstElement[] {
  const [r, c] = [readElements(reference, found), readElements(candidate, found)];
  const errors = new Float64Array(found.length);
  const ulp = new Float64Array(found.length);
  const room = () => new Float64Array(found.length);
  fillErrors(r, c, found.length, errors);
  const unit = ulpUnit(reference.dtype, candidate.dtype);
  fillUlp(unit, r, c, errors, found.length, { signed: room(), distances: room() }, ulp);
  return found.map((at, i) => ({
    index: unravel(at, candidate.shape),
    reference: r[i] ?? 0,
    candidate: c[i] ?? 0,
    ulp: ulp[i] ?? 0,
  }));
}
