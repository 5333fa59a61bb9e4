import type { Sketch } from "../compare/sketch.js";

/**
 * How a tensor's values look like those that a framework initialises it with; null when they do not. Standard errors of
 * mean and largest value for n samples: σ/√n; a uniform distribution's largest value is √3 σ, a normal one's beyond 2 σ.
 */
export function describeFresh(sketch: Sketch): string | null {
  const { nan, positiveInfinity, negativeInfinity } = sketch.nonFinite;
  if (sketch.count === 0 || nan + positiveInfinity + negativeInfinity > 0) return null;
  if (sketch.min === sketch.max) {
    if (sketch.min === 0) return "all zeros";
    if (sketch.min === 1) return "all ones";
    // One number alone is equal to itself, whatever it is.
    return sketch.count === 1 ? null : `all ${sketch.min}`;
  }
  const mean = sketch.sum / sketch.count;
  const deviation = Math.sqrt(Math.max(0, sketch.sumSquares / sketch.count - mean * mean));
  if (sketch.count < 64 || Math.abs(mean) > (4 * deviation) / Math.sqrt(sketch.count)) return null;
  const largest = Math.max(-sketch.min, sketch.max);
  if (largest < 1.8 * deviation) return `uniform within ±${largest.toPrecision(2)}`;
  return `mean 0, standard deviation ${deviation.toPrecision(2)}`;
}
