import { layoutForCase } from "../align/relate-shapes.js";
import type { Pair } from "../align/types.js";
import { compareTensors } from "../compare/compare-tensors.js";
import { compareWithSketch } from "../compare/sample/compare-with-sketch.js";
import type { Bounds, Layout, Metrics } from "../compare/types.js";
import type { LazyTensor } from "../formats/types.js";
import type { OpenRecording } from "../recording/open-recording.js";
import type { Tap } from "../recording/types.js";

/** The figures of one pair in one case. */
export interface CaseMetrics {
  readonly case: string;
  readonly metrics: Metrics;
  /** Relative L2 error that storing the reference's tensor in fewer bits may have cost; absent: none. */
  readonly loss?: number;
}

/** A pair with its accumulated error in every case. */
export interface ComparedPair {
  readonly pair: Pair;
  readonly accumulated: readonly CaseMetrics[];
}

export interface TwoSides {
  readonly reference: OpenRecording;
  readonly candidate: OpenRecording;
  readonly referenceTaps: ReadonlyMap<string, Tap>;
  readonly candidateTaps: ReadonlyMap<string, Tap>;
}

/** Compares one pair in every case in which both sides have it. */
export function comparePair(
  sides: TwoSides,
  pair: Pair,
  cases: readonly string[],
  bounds: Bounds | null,
): CaseMetrics[] {
  const name = sides.referenceTaps.get(pair.reference)?.tensor;
  if (name === undefined || name === null) return [];
  return cases.flatMap((id) => {
    const candidate = sides.candidate.tensor(id, pair.candidate);
    if (candidate === undefined) return [];
    const metrics = compareWithRecorded(sides.reference, id, name, candidate, pair.layout, bounds);
    const loss = sides.reference.lossOf(id, name);
    return metrics === null ? [] : [{ case: id, metrics, ...(loss === 0 ? {} : { loss }) }];
  });
}

/**
 * Figures of a tensor of the candidate's against one that the reference's recording keeps, whole or as a sketch. Null where it
 * keeps none.
 */
export function compareWithRecorded(
  reference: OpenRecording,
  id: string,
  name: string,
  candidate: LazyTensor,
  pairLayout: Layout,
  bounds: Bounds | null = null,
): Metrics | null {
  const layout = layoutForCase(pairLayout, candidate.shape);
  const options = bounds === null ? { layout } : { layout, bounds };
  const whole = reference.tensor(id, name);
  if (whole !== undefined) return compareTensors(whole, candidate, options);
  const sketch = reference.sketch(id, name);
  return sketch === undefined ? null : compareWithSketch(sketch, candidate, options);
}

/** The case in which a pair is worst: one-sided NaN first, then the error relative to the tensor's own scale. */
export function worstCase(metrics: readonly CaseMetrics[]): CaseMetrics | null {
  const badness = ({ metrics: one }: CaseMetrics): number =>
    one.nonFiniteMismatch === null ? one.relativeL2 : Number.POSITIVE_INFINITY;
  return metrics.reduce<CaseMetrics | null>(
    (worst, one) => (worst === null || badness(one) > badness(worst) ? one : worst),
    null,
  );
}

/**
 * Largest relative L2 error over the cases that the storage of the reference's tensor does not explain; infinite with a
 * one-sided NaN.
 */
export function worstError({ accumulated }: Pick<ComparedPair, "accumulated">): number {
  return Math.max(
    0,
    ...accumulated.map(({ metrics, loss = 0 }) =>
      metrics.nonFiniteMismatch === null ? metrics.relativeL2 - loss : Number.POSITIVE_INFINITY,
    ),
  );
}
