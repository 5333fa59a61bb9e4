import type { Metrics } from "../compare/types.js";
import { formatError, formatRatio } from "./format-number.js";
import type { PairResult } from "./types.js";

/**
 * The figures of a pair that let layers of different size stand on one axis. Pure: the page bundles this file.
 */

/**
 * rms of the error in units of the reference tensor's own rms. 0 when the two agree; Infinity when one side alone is
 * NaN or ±Inf somewhere, or when only the reference is all zero.
 */
export function relativeRms(metrics: Metrics): number {
  if (metrics.nonFiniteMismatch !== null) return Number.POSITIVE_INFINITY;
  return inUnitsOf(metrics.rmsReference, metrics.rms);
}

/** Local error of the pair in units of the reference's rms; null when the layer could not be run on its own. */
export function localError(pair: PairResult): number | null {
  return pair.local === null ? null : relativeRms(pair.local.metrics);
}

/** Accumulated error of the pair in units of the reference's rms; null when it was not compared. */
export function accumulatedError(pair: PairResult): number | null {
  return pair.metrics === null ? null : relativeRms(pair.metrics);
}

/** The metrics that decided: the local ones where there are any, for only they say where an error begins. */
export function decidingMetrics(pair: PairResult): Metrics | null {
  return pair.local?.metrics ?? pair.metrics;
}

/** The measured noise floor in units of the reference's rms; null when it was not measured. */
export function relativeFloor(pair: PairResult): number | null {
  const metrics = decidingMetrics(pair);
  if (pair.noise === null || metrics === null) return null;
  return inUnitsOf(metrics.rmsReference, pair.noise.floor.rms);
}

/**
 * The largest rms error, in units of the reference's rms, that the pair's rule lets pass. An explicit tolerance judges
 * elements one by one: its place on this axis is that of an element of rms size, `atol / rms + rtol`.
 */
export function relativeLimit(pair: PairResult): number | null {
  const { tolerance } = pair;
  const metrics = decidingMetrics(pair);
  if (metrics === null) return null;
  switch (tolerance.rule) {
    case "auto-bound":
      return tolerance.boundRms;
    case "auto-measured": {
      const floor = relativeFloor(pair);
      return floor === null ? null : floor * tolerance.factorRms;
    }
    case "float64":
      return null;
    case "explicit":
      return inUnitsOf(metrics.rmsReference, tolerance.atol) + tolerance.rtol;
  }
}

/**
 * How much of its limit a pair uses: 0.3 is a third of what it may, 1 is at the limit. Null when nothing was compared,
 * or when atol ≠ rtol, where no single number tells.
 */
export function usedOfLimit(pair: PairResult): number | null {
  const { tolerance } = pair;
  const metrics = decidingMetrics(pair);
  if (metrics === null) return null;
  if (metrics.identical) return 0;
  switch (tolerance.rule) {
    case "auto-bound": {
      const max = metrics.maxAbs === null ? 0 : inUnitsOf(metrics.maxAbsReference, metrics.maxAbs.value);
      return Math.max(inUnitsOf(tolerance.boundRms, relativeRms(metrics)), inUnitsOf(tolerance.boundMax, max));
    }
    case "auto-measured":
      return pair.noise === null ? null : pair.noise.ratio / tolerance.factorRms;
    case "float64":
      return pair.float64 === null ? null : inUnitsOf(tolerance.limit, pair.float64.relativeL2);
    case "explicit":
      if (tolerance.atol !== tolerance.rtol || pair.smallestTolerance === null) return null;
      return inUnitsOf(tolerance.atol, pair.smallestTolerance);
  }
}

/**
 * The headline of a pair: `×410 noise` when its floor was measured, `×0.2 bound` when the rounding bound decided,
 * `×3.1 tolerance` when the user's own did, `2.1e-12 in float64` when float64 on both sides did, else the bare error.
 */
export function headline(pair: PairResult): string {
  if (pair.tolerance.rule === "float64" && pair.float64 !== null)
    return `${formatError(pair.float64.relativeL2)} in float64`;
  if (pair.noise !== null) return `${formatRatio(pair.noise.ratio)} noise`;
  const metrics = decidingMetrics(pair);
  if (metrics === null) return "not compared";
  if (metrics.identical) return "identical";
  const used = usedOfLimit(pair);
  if (used === null) return formatError(relativeRms(metrics));
  return `${formatRatio(used)} ${pair.tolerance.rule === "explicit" ? "tolerance" : "bound"}`;
}

function inUnitsOf(unit: number, value: number): number {
  if (value === 0) return 0;
  return unit === 0 ? Number.POSITIVE_INFINITY : value / unit;
}
