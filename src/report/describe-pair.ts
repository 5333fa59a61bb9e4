import type { Layout } from "../compare/types.js";
import type { PairVerdict, ToleranceRule } from "../judge/types.js";
import { formatError, formatShape } from "./format-number.js";

/**
 * Sentences about a pair that terminal and page share. Pure: the page bundles this file.
 */

/** A sign for each verdict, so that colour is never the only one. */
export const VERDICT_SIGNS: Readonly<Record<PairVerdict, string>> = {
  identical: "=",
  "within-noise": "✓",
  "within-tolerance": "✓",
  mismatch: "✗",
  "not-compared": "–",
};

/** The verdict in words. */
export const VERDICT_WORDS: Readonly<Record<PairVerdict, string>> = {
  identical: "identical",
  "within-noise": "within noise",
  "within-tolerance": "within tolerance",
  mismatch: "mismatch",
  "not-compared": "not compared",
};

/** Which rule decided and what it demanded, as one sentence without its full stop. */
export function describeTolerance(tolerance: ToleranceRule): string {
  switch (tolerance.rule) {
    case "auto-bound":
      return (
        `auto: the bound that rounding alone guarantees, rms ${formatError(tolerance.boundRms)} and ` +
        `max ${formatError(tolerance.boundMax)} of the tensor's own scale`
      );
    case "auto-measured":
      return (
        `auto: the measured noise floor, up to ×${tolerance.factorRms} (rms) and ×${tolerance.factorMax} (max), ` +
        `mismatch over ×${tolerance.mismatchFactor}`
      );
    case "float64":
      return (
        `auto: both sides in float64, where the error (relative L2) must fall to ${formatError(tolerance.limit)} ` +
        `and by ${tolerance.shrinks} times`
      );
    case "explicit":
      return `atol ${formatError(tolerance.atol)}, rtol ${formatError(tolerance.rtol)}, from ${tolerance.from}`;
  }
}

/** How a reference tensor becomes a candidate tensor: `same`, or `axes (0,3,1,2), then 2×7×768`. */
export function describeLayout(layout: Layout): string {
  const steps: string[] = [];
  if (layout.reshapeFirst) steps.push(`split to ${formatShape(layout.reshapeFirst)}`);
  if (layout.permute !== null) steps.push(`axes (${layout.permute.join(",")})`);
  if (layout.reshape !== null) steps.push(`reshaped to ${formatShape(layout.reshape)}`);
  return steps.length === 0 ? "same" : steps.join(", then ");
}
