import type { Extreme, Metrics, NonFinite } from "../../../../compare/types.js";
import { formatError, formatInteger, formatShare, formatValue } from "../../../format-number.js";
import { relativeRms } from "../../../pair-error.js";

/** A line of the table of figures: its name and how it is read from metrics. */
export interface MetricRow {
  readonly name: string;
  readonly read: (metrics: Metrics) => string;
}

/** The figures in the order in which a reader asks for them. */
export const METRIC_ROWS: readonly MetricRow[] = [
  { name: "rms error ÷ rms of reference", read: (metrics) => formatError(relativeRms(metrics)) },
  { name: "largest |error|", read: (metrics) => writeExtreme(metrics.maxAbs) },
  { name: "largest |error| ÷ |reference|", read: (metrics) => writeExtreme(metrics.maxRel) },
  { name: "mean |error|", read: (metrics) => formatError(metrics.meanAbs) },
  { name: "rms error", read: (metrics) => formatError(metrics.rms) },
  { name: "relative L2", read: (metrics) => formatError(metrics.relativeL2) },
  { name: "1 − cosine", read: (metrics) => formatError(Math.max(0, 1 - metrics.cosine)) },
  { name: "signal to noise", read: (metrics) => `${writeDecibels(metrics.snrDb)} dB` },
  { name: "ULP largest, p99 ≤", read: (metrics) => `${writeUlp(metrics.ulpMax)}, ${writeUlp(metrics.ulpP99)}` },
  { name: "over tolerance", read: writeOver },
  { name: "rms reference, candidate", read: (m) => `${formatValue(m.rmsReference)}, ${formatValue(m.rmsCandidate)}` },
  { name: "elements, finite on both", read: (m) => `${formatInteger(m.count)}, ${formatInteger(m.finiteCount)}` },
  { name: "NaN, +Inf, −Inf in reference", read: (metrics) => writeNonFinite(metrics.nonFinite.reference) },
  { name: "NaN, +Inf, −Inf in candidate", read: (metrics) => writeNonFinite(metrics.nonFinite.candidate) },
  { name: "not finite on one side only", read: writeMismatch },
];

function writeExtreme(extreme: Extreme | null): string {
  if (extreme === null) return "–";
  const place = extreme.index.length === 0 ? "" : ` at [${extreme.index.join(", ")}]`;
  const values = `${formatValue(extreme.reference)} → ${formatValue(extreme.candidate)}`;
  return `${formatError(extreme.value)}${place}: ${values}`;
}

function writeOver({ overTolerance }: Metrics): string {
  if (overTolerance === null) return "–";
  return `${formatInteger(overTolerance.count)} (${formatShare(overTolerance.share)})`;
}

function writeDecibels(decibels: number): string {
  return Number.isFinite(decibels) ? decibels.toFixed(1) : formatError(decibels);
}

function writeUlp(distance: number): string {
  return Number.isInteger(distance) && distance < 1e7 ? formatInteger(distance) : formatError(distance);
}

function writeNonFinite(counts: NonFinite): string {
  return [counts.nan, counts.positiveInfinity, counts.negativeInfinity].map(formatInteger).join(", ");
}

function writeMismatch({ nonFiniteMismatch }: Metrics): string {
  if (nonFiniteMismatch === null) return "0";
  return `${formatInteger(nonFiniteMismatch.count)}, first at [${nonFiniteMismatch.firstIndex.join(", ")}]`;
}
