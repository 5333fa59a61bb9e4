import { compareTensors } from "../../src/compare/compare-tensors.js";
import type { Bounds, Metrics } from "../../src/compare/types.js";
import { float32 } from "../compare/memory-tensor.js";

/** The figures of two float32 tensors of one axis. */
export function metricsOf(reference: readonly number[], candidate: readonly number[], bounds?: Bounds): Metrics {
  return compareTensors(float32(reference), float32(candidate), bounds === undefined ? {} : { bounds });
}

/** Figures of a tensor of rms and maximum 1 with the given errors, as multiples of what is told. */
export function metricsWith(rms: number, max: number, more: Partial<Metrics> = {}): Metrics {
  const metrics = metricsOf([1, 1], [1, 1 + 2 ** -10]);
  const extreme = { value: max, index: [1], reference: 1, candidate: 1 + max };
  return { ...metrics, rms, maxAbs: extreme, rmsReference: 1, maxAbsReference: 1, identical: false, ...more };
}
