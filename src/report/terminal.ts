import { findFirstDivergence } from "./first-divergence.js";
import { printable } from "./printable.js";
import { divergenceLines } from "./terminal/divergence.js";
import { findingLines } from "./terminal/findings.js";
import { shortenMiddle } from "./terminal/fit-text.js";
import { gateLines } from "./terminal/gate-lines.js";
import { goldenLines } from "./terminal/golden.js";
import { inconclusiveLines } from "./terminal/inconclusive.js";
import { createPaint } from "./terminal/paint.js";
import { pairTable } from "./terminal/pair-table.js";
import {
  coverageLines,
  fixLines,
  marginLines,
  repairLines,
  unmatchedLines,
  weightLines,
} from "./terminal/summary-lines.js";
import { verdictLine } from "./terminal/verdict-line.js";
import type { View } from "./terminal/view.js";
import type { CheckResult } from "./types.js";

export interface TerminalOptions {
  readonly color: boolean;
  /** Columns of the terminal; no line is wider, save code and paths that cannot be broken. */
  readonly width: number;
  /** Where the report was written, shown as the last line. */
  readonly reportPath?: string;
  /** All pairs, all evidence, all points instead of the first few. */
  readonly verbose?: boolean;
}

/** Narrower than this the view cannot be made; lines are then cut by the terminal. */
const SMALLEST_WIDTH = 40;

/** The result as a person reads it in a terminal: sections apart by an empty line, a newline at the end. Pure. */
export function renderTerminal(result: CheckResult, options: TerminalOptions): string {
  const view: View = {
    paint: createPaint(options.color),
    width: Math.max(SMALLEST_WIDTH, options.width),
    verbose: options.verbose ?? false,
  };
  const sections = [
    verdictLine(view, result),
    goldenLines(view, result),
    ...body(view, result),
    gateLines(view, result),
    coverageLines(view, result),
  ];
  if (options.reportPath !== undefined) sections.push([reportLine(view, options.reportPath)]);
  const shown = sections.filter((lines) => lines.length > 0);
  return `${shown.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function body(view: View, result: CheckResult): string[][] {
  const table = pairTable(view, result.pairs, findFirstDivergence(result)?.at ?? 0);
  const findings = findingLines(view, result);
  switch (result.verdict) {
    case "parity":
      return [marginLines(view, result), unmatchedLines(view, result), findings, view.verbose ? table : []];
    case "mismatch":
      return [
        divergenceLines(view, result),
        findings,
        repairLines(view, result),
        fixLines(view, result),
        findFirstDivergence(result) === null && !view.verbose ? [] : table,
        unmatchedLines(view, result),
        weightLines(view, result),
      ];
    case "inconclusive":
    case "flaky":
      return [
        inconclusiveLines(view, result),
        unmatchedLines(view, result),
        divergenceLines(view, result),
        findings,
        findFirstDivergence(result) === null && !view.verbose ? [] : table,
        weightLines(view, result),
      ];
  }
}

function reportLine(view: View, path: string): string {
  return `  ${view.paint.quiet("report")}   ${view.paint.place(shortenMiddle(printable(path), view.width - 11))}`;
}
