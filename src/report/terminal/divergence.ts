import { describeBefore, findFirstDivergence } from "../first-divergence.js";
import { formatError } from "../format-number.js";
import { headline, localError } from "../pair-error.js";
import { printable } from "../printable.js";
import type { CheckResult } from "../types.js";
import { shortenMiddle, widthOf, wrapText } from "./fit-text.js";
import type { View } from "./view.js";

const LABEL = "  first divergence  ";

/** `first divergence  h.3.attn.c_proj   local ×5.4e5 noise   (everything before it is within noise)`. */
export function divergenceLines(view: View, result: CheckResult): string[] {
  const found = findFirstDivergence(result);
  if (found === null) return [];
  const { pair, at } = found;
  const local = localError(pair);
  const ratio = local === null ? `accumulated ${headline(pair)}` : `local ${headline(pair)}`;
  const size = local !== null && !Number.isFinite(local) ? "NaN or ±Inf on one side" : ratio;
  const before = `(${describeBefore(result.pairs, at, result.only)})`;
  const name = shortenMiddle(printable(pair.id), Math.max(16, view.width - LABEL.length));
  const start = `${view.paint.quiet(LABEL)}${view.paint.strong(name)}`;
  const lines: string[] = [];
  const rest = `${size}   ${before}`;
  if (LABEL.length + widthOf(name) + 3 + widthOf(rest) <= view.width) {
    lines.push(`${start}   ${view.paint.bad(size)}   ${view.paint.quiet(before)}`);
  } else {
    lines.push(start, ...wrapText(size, view.width, LABEL.length).map(view.paint.bad));
    lines.push(...wrapText(before, view.width, LABEL.length).map(view.paint.quiet));
  }
  if (pair.note !== null) lines.push(...wrapText(printable(pair.note), view.width, LABEL.length));
  if (pair.verdict === "mismatch" && pair.smallestTolerance !== null && pair.tolerance.rule === "explicit") {
    const needs = `smallest tolerance that would pass: atol = rtol = ${formatError(pair.smallestTolerance)}`;
    lines.push(...wrapText(needs, view.width, LABEL.length).map(view.paint.quiet));
  }
  return lines;
}
