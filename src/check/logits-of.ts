import { layoutForCase } from "../align/relate-shapes.js";
import { applyLayout } from "../compare/apply-layout.js";
import { type LogitsMetrics, logitsMetrics } from "../compare/logits.js";
import { type ComparedPair, type TwoSides, worstCase } from "./compare-pairs.js";

/** Outputs nearer than this (relative L2) choose alike; the figures would only cost time. */
const ALIKE = 1e-5;

/**
 * For an output that differs: whether the difference changes what the model would choose. In the worst case of the free
 * run; null for outputs that agree and for those without an axis to choose along.
 */
export function logitsOf(
  one: ComparedPair,
  two: TwoSides,
): { readonly case: string; readonly metrics: LogitsMetrics } | null {
  const worst = worstCase(one.accumulated);
  if (worst === null || worst.metrics.relativeL2 <= ALIKE || !two.candidateTaps.get(one.pair.candidate)?.isOutput)
    return null;
  const name = two.referenceTaps.get(one.pair.reference)?.tensor;
  const reference = name === undefined || name === null ? undefined : two.reference.tensor(worst.case, name);
  const candidate = two.candidate.tensor(worst.case, one.pair.candidate);
  if (
    reference === undefined ||
    candidate === undefined ||
    candidate.shape.length < 2 ||
    (candidate.shape.at(-1) ?? 0) < 2
  )
    return null;
  const turned = applyLayout(reference, layoutForCase(one.pair.layout, candidate.shape));
  return { case: worst.case, metrics: logitsMetrics(turned, candidate) };
}
