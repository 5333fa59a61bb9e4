import type { RegionView } from "./region-view.js";
import type { OriginalOp, Sourced } from "./types.js";

/** What stands under the root of a normalisation. */
export interface Statistic {
  /** Deviation from the mean, plain mean of squares, plain sum of squares, or a stored variance. */
  readonly kind: "variance" | "mean-square" | "sum-square" | "stored";
  /** The tensor that the statistics are taken of, as the reduction reads it; null for stored ones. */
  readonly of: string | null;
  /** The tensor that holds the mean; null where nothing is subtracted. */
  readonly mean: string | null;
  readonly axes: readonly number[] | null;
  readonly key: string | null;
}

/** A root of a statistic, and the tensor by which (or by whose inverse) x is multiplied. */
export interface Spread {
  readonly statistic: Statistic;
  readonly factor: string;
  /** 1 where x is multiplied by the factor, −1 where it is divided by it. */
  readonly exponent: 1 | -1;
  readonly epsilon: Sourced<number> | null;
  readonly placement: "inside" | "outside" | "maximum" | null;
}

/** The ways in which the result of a root op may be a spread: with ε added to it, or as it is. */
export function readSpreads(view: RegionView, root: OriginalOp): Spread[] {
  const exponent = exponentOf(view, root);
  if (exponent === null) return [];
  const under = readUnderRoot(view, root.inputs[0] ?? "");
  if (under === null) return [];
  const own = `${root.node}:0`;
  const plain: Spread = { ...under, factor: own, exponent };
  if (exponent === 1) return [plain];
  const outside: Spread[] = [];
  for (const reader of view.readers(own)) {
    if (!/^(Add|AddV2|Maximum)$/.test(reader.op)) continue;
    const epsilon = view.scalar(reader.inputs.find((input) => input !== own));
    if (epsilon === null) continue;
    const placement = reader.op === "Maximum" ? "maximum" : "outside";
    outside.push({ ...plain, factor: `${reader.node}:0`, epsilon, placement });
  }
  return [...outside, plain];
}

function exponentOf(view: RegionView, root: OriginalOp): 1 | -1 | null {
  if (root.op === "Rsqrt") return 1;
  if (root.op === "Sqrt") return -1;
  const power = view.scalar(root.inputs[1])?.value;
  if (root.op !== "Pow" || power === undefined) return null;
  return power === -0.5 ? 1 : power === 0.5 ? -1 : null;
}

function readUnderRoot(view: RegionView, tensor: string): Pick<Spread, "statistic" | "epsilon" | "placement"> | null {
  const plain = readStatistic(view, tensor);
  if (plain !== null) return { statistic: plain, epsilon: null, placement: null };
  const op = view.producerOf(tensor, "Add", "AddV2", "Maximum");
  for (const [at, input] of (op?.inputs ?? []).entries()) {
    const epsilon = view.scalar(op?.inputs[1 - at]);
    const statistic = epsilon === null ? null : readStatistic(view, input);
    if (statistic === null) continue;
    return { statistic, epsilon, placement: op?.op === "Maximum" ? "maximum" : "inside" };
  }
  return null;
}

function readStatistic(view: RegionView, tensor: string): Statistic | null {
  const key = view.variable(tensor);
  if (key !== null) return { kind: "stored", of: null, mean: null, axes: null, key };
  const settled = view.bare(tensor);
  const op = view.producer(settled);
  if (op?.op === "Mean") return readMeanOfSquares(view, op);
  if (op?.op === "Sum") {
    const of = squared(view, op.inputs[0]);
    return of === null ? null : { kind: "sum-square", of, mean: null, axes: axesOf(view, op, of), key: null };
  }
  return op?.op === "Sub" ? readDifferenceOfMoments(view, op) : null;
}

/** mean((x − m)²), however the square is written, or mean(x²). */
function readMeanOfSquares(view: RegionView, op: OriginalOp): Statistic | null {
  const difference = view.producerOf(op.inputs[0], "SquaredDifference");
  const of = squared(view, op.inputs[0]);
  const centred = difference ?? (of === null ? undefined : view.producerOf(of, "Sub"));
  const [x, m] = centred?.inputs ?? [];
  const mean = readMean(view, m);
  if (x !== undefined && mean !== null && isSame(view, mean.of, x)) {
    return { kind: "variance", of: x, mean: mean.tensor, axes: axesOf(view, op, x), key: null };
  }
  return of === null ? null : { kind: "mean-square", of, mean: null, axes: axesOf(view, op, of), key: null };
}

/** mean(x²) − mean(x)². */
function readDifferenceOfMoments(view: RegionView, op: OriginalOp): Statistic | null {
  const squares = view.producer(view.bare(op.inputs[0] ?? ""));
  const of = squares?.op === "Mean" ? squared(view, squares.inputs[0]) : null;
  const mean = readMean(view, squared(view, op.inputs[1]) ?? undefined);
  if (squares === undefined || of === null || mean === null || !isSame(view, mean.of, of)) return null;
  return { kind: "variance", of, mean: mean.tensor, axes: axesOf(view, squares, of), key: null };
}

function readMean(view: RegionView, tensor: string | undefined): { tensor: string; of: string } | null {
  if (tensor === undefined) return null;
  const settled = view.bare(tensor);
  const op = view.producer(settled);
  const of = op?.inputs[0];
  return op?.op === "Mean" && of !== undefined ? { tensor: settled, of } : null;
}

/** The tensor that is squared: Square(x), x·x, x². */
function squared(view: RegionView, tensor: string | undefined): string | null {
  const op = view.producerOf(tensor, "Square", "Mul", "Pow");
  const [a, b] = op?.inputs ?? [];
  if (op === undefined || a === undefined) return null;
  if (op.op === "Square") return a;
  if (op.op === "Pow") return view.scalar(b)?.value === 2 ? a : null;
  return b !== undefined && isSame(view, a, b) ? a : null;
}

function axesOf(view: RegionView, op: OriginalOp, of: string): readonly number[] | null {
  const axes = view.integers(op.inputs[1]);
  return axes === null ? null : view.countAxes(axes, of);
}

function isSame(view: RegionView, a: string, b: string): boolean {
  return view.settle(a) === view.settle(b);
}
