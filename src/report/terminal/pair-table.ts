import { VERDICT_SIGNS, VERDICT_WORDS } from "../describe-pair.js";
import { formatError, formatInteger } from "../format-number.js";
import { accumulatedError, headline, localError } from "../pair-error.js";
import { printable } from "../printable.js";
import type { PairResult } from "../types.js";
import { padLeft, padRight, shortenMiddle, widthOf } from "./fit-text.js";
import type { View } from "./view.js";

/** Pairs shown before and after the first divergence: enough to see that the error begins there, one screen at most. */
const BEFORE = 2;
const AFTER = 5;
/** In fewer columns the verdict is its sign alone, for names matter more than words. */
const ROOMY = 80;
const HEADINGS = ["pair", "local", "accumulated", "", "verdict"] as const;

/**
 * A table of the pairs around `at` (all of them when verbose): local and accumulated error as rms in units of the
 * reference's rms, the headline ratio, the verdict. Nothing when there is no pair.
 */
export function pairTable(view: View, pairs: readonly PairResult[], at: number): string[] {
  const from = view.verbose ? 0 : Math.max(0, at - BEFORE);
  const to = view.verbose ? pairs.length : Math.min(pairs.length, at + AFTER + 1);
  const shown = pairs.slice(from, to);
  if (shown.length === 0) return [];
  const rows = shown.map((pair) => [printable(pair.id), ...figures(pair, view.width < ROOMY)]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(widthOf(heading), ...rows.map((row) => widthOf(row[column] ?? ""))),
  );
  // What the other columns leave is the name's; 4 columns of margin and mark, 2 between columns.
  const others = widths.slice(1).reduce((sum, width) => sum + width + 2, 0);
  widths[0] = Math.max(8, Math.min(widths[0] ?? 0, view.width - 4 - others));
  const lines = [`    ${view.paint.quiet(joinCells(HEADINGS, widths))}`];
  shown.forEach((pair, index) => {
    const text = joinCells(rows[index] ?? [], widths);
    const first = from + index === at;
    lines.push(`  ${first ? view.paint.bad("▸") : " "} ${paintRow(view, pair, first, text)}`);
  });
  const rest = pairs.length - to;
  if (rest > 0) lines.push(view.paint.quiet(`    … ${formatInteger(rest)} more below`));
  return lines;
}

function figures(pair: PairResult, signOnly: boolean): string[] {
  return [
    written(localError(pair)),
    written(accumulatedError(pair)),
    pair.verdict === "identical" || pair.verdict === "not-compared" ? "" : headline(pair),
    signOnly ? VERDICT_SIGNS[pair.verdict] : `${VERDICT_SIGNS[pair.verdict]} ${VERDICT_WORDS[pair.verdict]}`,
  ];
}

function written(error: number | null): string {
  return error === null ? "–" : formatError(error);
}

function joinCells(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      const fitted = column === 0 ? shortenMiddle(cell, width) : cell;
      return column === 1 || column === 2 ? padLeft(fitted, width) : padRight(fitted, width);
    })
    .join("  ")
    .trimEnd();
}

function paintRow(view: View, pair: PairResult, first: boolean, text: string): string {
  if (first) return view.paint.strong(text);
  return pair.verdict === "mismatch" ? text : view.paint.quiet(text);
}
