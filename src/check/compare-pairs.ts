import { layoutForCase } from "../align/relate-shapes.js";
import type { Pair } from "../align/types.js";
import { compareTensors } from "../compare/compare-tensors.js";
import type { Bounds, Metrics } from "../compare/types.js";
import type { OpenRecording } from "../recording/open-recording.js";
import type { Tap } from "../recording/types.js";

/** The figures of one pair in one case. */
export interface CaseMetrics {
  readonly case: string;
  readonly metrics: Metrics;
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
    const reference = sides.reference.tensor(id, name);
    const candidate = sides.candidate.tensor(id, pair.candidate);
    if (reference === undefined || candidate === undefined) return [];
    const layout = layoutForCase(pair.layout, candidate.shape);
    return [
      { case: id, metrics: compareTensors(reference, candidate, bounds === null ? { layout } : { layout, bounds }) },
    ];
  });
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

/** Largest relative L2 error over the cases; infinite with a one-sided NaN. */
export function worstError({ accumulated }: Pick<ComparedPair, "accumulated">): number {
  return Math.max(
    0,
    ...accumulated.map(({ metrics }) =>
      metrics.nonFiniteMismatch === null ? metrics.relativeL2 : Number.POSITIVE_INFINITY,
    ),
  );
}
