import { formatCount, formatError, formatInteger, formatShape, formatShare, formatValue } from "../format-number.js";
import { printable } from "../printable.js";
import { padLeft, padRight, shortenMiddle, widthOf, wrapText } from "../terminal/fit-text.js";
import { createPaint } from "../terminal/paint.js";
import type { TensorRow, TensorsResult, TensorVerdict } from "./types.js";

const SIGNS: Readonly<Record<TensorVerdict, string>> = {
  identical: "=",
  within: "✓",
  differs: "✗",
  missing: "–",
  "not-compared": "·",
};
const HEADINGS = ["tensor", "shape", "max |Δ|", "rel. L2", "ULP"] as const;
/** Rows of tensors that agree; `--all` shows every one. */
const CALM_ROWS = 10;

/** The comparison as a table, worst first. A newline at the end. */
export function renderTensors(
  result: TensorsResult,
  view: { readonly color: boolean; readonly width: number; readonly all: boolean },
): string {
  const paint = createPaint(view.color);
  const { counts, exitCode } = result;
  const compared = counts.identical + counts.within + counts.differs;
  const sign = { 0: paint.good("✓"), 1: paint.bad("✗"), 2: paint.unsure("?") }[exitCode];
  const words = { 0: "equal within the bounds", 1: "not equal", 2: "nothing was compared" }[exitCode];
  const parts = [
    `${formatCount(compared, "tensor")} compared`,
    ...(counts.identical > 0 ? [`${formatInteger(counts.identical)} identical`] : []),
    ...(counts.differs > 0 ? [formatCount(counts.differs, "differs", "differ")] : []),
    ...(counts.missing > 0 ? [`${formatInteger(counts.missing)} on one side only`] : []),
  ];
  const sides = `${printable(result.reference)} → ${printable(result.candidate)}`;
  const failing = result.rows.filter((row) => row.verdict === "differs" || row.verdict === "missing");
  const calm = result.rows.filter((row) => !failing.includes(row));
  const shown = view.all ? result.rows : [...failing, ...calm.slice(0, CALM_ROWS)];
  const cells = shown.map(cellsOf);
  const widths = HEADINGS.map((heading, i) => Math.max(widthOf(heading), ...cells.map((row) => widthOf(row[i] ?? ""))));
  const others = widths.slice(1).reduce((sum, width) => sum + width + 2, 0);
  widths[0] = Math.max(12, Math.min(widths[0] ?? 0, view.width - 4 - others));
  const join = (row: readonly string[]): string =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        return i === 0 ? padRight(shortenMiddle(cell, width), width) : padLeft(cell, width);
      })
      .join("  ")
      .trimEnd();
  const lines = [`${sign} ${paint.strong(words)} · ${sides} · ${parts.join(", ")}`, ""];
  if (shown.length > 0) lines.push(`    ${paint.quiet(join(HEADINGS))}`);
  shown.forEach((row, i) => {
    const isWrong = failing.includes(row);
    const mark = isWrong ? paint.bad(SIGNS[row.verdict]) : paint.good(SIGNS[row.verdict]);
    lines.push(`  ${mark} ${join(cells[i] ?? [])}`);
    const told = isWrong || row.verdict === "not-compared" ? describe(row) : null;
    if (told !== null) lines.push(...wrapText(printable(told), view.width, 6).map(paint.quiet));
  });
  const rest = result.rows.length - shown.length;
  if (rest > 0) lines.push(paint.quiet(`    … ${formatInteger(rest)} more that agree; --all shows them`));
  return `${lines.join("\n").trimEnd()}\n`;
}

function cellsOf(row: TensorRow): string[] {
  const name = row.reference ?? row.candidate ?? "";
  const renamed = row.candidate !== null && row.reference !== null && row.candidate !== row.reference;
  const shape = formatShape(row.shape.candidate ?? row.shape.reference ?? []);
  return [
    printable(renamed ? `${name} → ${row.candidate}` : name),
    shape,
    row.maxAbs === null ? "–" : formatError(row.maxAbs.value),
    row.relativeL2 === null ? "–" : formatError(row.relativeL2),
    row.ulpMax === null ? "–" : formatInteger(row.ulpMax),
  ];
}

/** Where the worst element is and what stands there, by how much the bounds are missed, what is not finite. */
function describe(row: TensorRow): string | null {
  const { maxAbs, over, bounds, nonFinite, note, shape, smallestTolerance } = row;
  const parts: string[] = [];
  if (note !== null && row.verdict !== "differs") parts.push(note);
  else if (note !== null) {
    const sizes = row.maxAbs === null && nonFinite === null && shape.reference !== null && shape.candidate !== null;
    parts.push(
      sizes ? `${note}: ${formatShape(shape.reference ?? [])} and ${formatShape(shape.candidate ?? [])}` : note,
    );
  }
  if (maxAbs !== null) {
    const { index, reference, candidate } = maxAbs;
    parts.push(`worst at [${index.join(", ")}]: ${formatValue(reference)} and ${formatValue(candidate)}`);
  }
  if (nonFinite !== null) {
    const count = formatCount(nonFinite.count, "element is", "elements are");
    parts.push(`${count} NaN or infinite on one side, the first at [${nonFinite.firstIndex.join(", ")}]`);
  }
  if (over !== null && over.count > 0 && bounds !== null) {
    const limits = `atol ${formatError(bounds.atol)}, rtol ${formatError(bounds.rtol)}`;
    parts.push(`${formatInteger(over.count)} (${formatShare(over.share)}) beyond ${limits}`);
    if (smallestTolerance !== null && Number.isFinite(smallestTolerance)) {
      parts.push(`atol = rtol = ${formatError(smallestTolerance)} would pass`);
    }
  }
  return parts.length === 0 ? null : parts.join("; ");
}
