import type { Metrics } from "../compare/types.js";
import { AUTO_BOUND, NOISE_FACTORS, noiseRatio } from "./judge-pair.js";
import type { NoiseFloor } from "./types.js";

/** Below this (relative L2) a second run that moves by more than rounding guarantees is still rounding in a layer that cancels. */
const RANDOM_LEAST = 1e-5;

/**
 * Whether two runs of one side on the same inputs differ by more than the order of its sums explains. Threads move the last bits:
 * that is nothing that a verdict could turn on.
 *
 * @param movement figures of the second run against the first
 * @param floor the noise floor measured there; null where none was
 */
export function isBeyondRounding(movement: Metrics, floor: NoiseFloor | null): boolean {
  if (movement.identical) return false;
  if (movement.nonFiniteMismatch !== null) return true;
  if (movement.relativeL2 <= RANDOM_LEAST) return false;
  if (floor !== null) return noiseRatio(movement, floor) > NOISE_FACTORS.mismatch;
  const { mismatch } = NOISE_FACTORS;
  return (
    movement.rms > mismatch * AUTO_BOUND.rms * movement.rmsReference ||
    (movement.maxAbs?.value ?? 0) > mismatch * AUTO_BOUND.max * movement.maxAbsReference
  );
}

/**
 * Whether an error cannot be told from how a side differs from itself: it is not more than ten times as large, the same factor
 * that makes a mismatch of an error over the noise floor. A movement that is rounding explains nothing.
 */
export function isUnderSelfNoise(error: Metrics, movement: Metrics, floor: NoiseFloor | null): boolean {
  if (!isBeyondRounding(movement, floor)) return false;
  if (error.nonFiniteMismatch !== null) return movement.nonFiniteMismatch !== null;
  const noise: NoiseFloor = { rms: movement.rms, max: movement.maxAbs?.value ?? 0, from: "jitter" };
  return noiseRatio(error, noise) <= NOISE_FACTORS.mismatch;
}
