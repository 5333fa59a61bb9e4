import { formatCount, formatError, formatInteger, formatShape } from "../format-number.js";
import { printable } from "../printable.js";
import { padRight, shortenMiddle, widthOf, wrapText } from "../terminal/fit-text.js";
import { createPaint, type Paint } from "../terminal/paint.js";
import { labelled } from "../terminal/view.js";
import type { LedgerResult, LedgerRow, LedgerVerdict } from "./types.js";

export interface LedgerView {
  readonly color: boolean;
  readonly width: number;
  /** Equal rows, too. */
  readonly all: boolean;
}

const SIGNS: Readonly<Record<LedgerVerdict, string>> = {
  equal: "✓",
  suspect: "?",
  differs: "✗",
  unassigned: "–",
  "left-out": "·",
};
const ORDER: readonly LedgerVerdict[] = ["differs", "suspect", "unassigned", "left-out", "equal"];

/** The ledger for the terminal: what is wrong first, equal rows only where all are asked for. A newline at the end. */
export function renderLedger(result: LedgerResult, view: LedgerView): string {
  const paint = createPaint(view.color);
  const { counts, rows } = result;
  const lines = [headLine(result, paint), ""];
  const shown = ORDER.flatMap((verdict) => rows.filter((row) => row.verdict === verdict)).filter(
    (row) => view.all || row.verdict !== "equal",
  );
  const room = Math.max(24, view.width - 4);
  const names = Math.min(Math.floor(room * 0.4), Math.max(0, ...shown.map((row) => widthOf(printable(nameOf(row))))));
  for (const row of shown) lines.push(...rowLines(row, names, view.width, paint));
  if (shown.length > 0) lines.push("");
  const labels = { paint, width: view.width, verbose: false };
  const transforms = countTransforms(rows);
  if (transforms !== "") lines.push(...labelled(labels, 2, "equal", transforms));
  if (result.orderUnknown.length > 0) lines.push(...labelled(labels, 2, "square", describeSquare(result)));
  if (result.setApart > 0) {
    const what = `${formatCount(result.setApart, "tensor")} of the reference that the model itself does not use`;
    lines.push(...labelled(labels, 2, "apart", `${what} (optimizer, averages, steps) not compared`));
  }
  const unasked = counts.unassigned > 0 && result.exitCode !== 1 ? "what has no partner is allowed" : null;
  if (unasked !== null) lines.push(...labelled(labels, 2, "missing", unasked));
  return `${lines.join("\n").trimEnd()}\n`;
}

function headLine({ exitCode, reference, candidate, counts }: LedgerResult, paint: Paint): string {
  const [sign, words] = {
    0: [paint.good("✓"), "weights equal"] as const,
    1: [paint.bad("✗"), "weights differ"] as const,
    2: [paint.unsure("?"), "could not judge"] as const,
  }[exitCode];
  const compared = counts.equal + counts.suspect + counts.differs;
  const parts = [
    `${formatInteger(counts.equal)}/${formatInteger(compared)} equal`,
    ...(counts.differs > 0 ? [formatCount(counts.differs, "differs", "differ")] : []),
    ...(counts.suspect > 0 ? [formatCount(counts.suspect, "in doubt", "in doubt")] : []),
    ...(counts.unassigned > 0 ? [`${formatInteger(counts.unassigned)} without a partner`] : []),
  ];
  const sides = `${printable(reference)} → ${printable(candidate)}`;
  return `${sign} ${paint.strong(compared === 0 ? "nothing was compared" : words)} · ${sides} · ${parts.join(", ")}`;
}

function nameOf(row: LedgerRow): string {
  return row.candidate ?? row.reference ?? "";
}

function rowLines(row: LedgerRow, names: number, width: number, paint: Paint): string[] {
  const colour = {
    differs: paint.bad,
    suspect: paint.unsure,
    unassigned: paint.unsure,
    equal: paint.good,
    "left-out": paint.quiet,
  };
  const sign = colour[row.verdict](SIGNS[row.verdict]);
  const name = padRight(shortenMiddle(printable(nameOf(row)), names), names);
  const shape = formatShape(row.shape.candidate ?? row.shape.reference ?? []);
  const from = row.candidate === null || row.reference === null ? "" : `← ${printable(row.reference)}`;
  const error = row.maxAbs === null || row.maxAbs === 0 ? "" : `max |Δ| ${formatError(row.maxAbs)}`;
  const what = [shape, row.transform === "none" ? "" : row.transform, from, error]
    .filter((text) => text !== "")
    .join("  ");
  const first = `  ${sign} ${row.verdict === "differs" ? paint.strong(name) : name}  ${shortenMiddle(what, Math.max(16, width - names - 6))}`;
  const note = row.note === null ? [] : wrapText(printable(row.note), width, 6).map(paint.quiet);
  return [first.trimEnd(), ...note];
}

/** `28 as they are, 16 transposed`. */
function countTransforms(rows: readonly LedgerRow[]): string {
  const counts = new Map<string, number>();
  for (const row of rows) {
    if (row.verdict === "equal") counts.set(row.transform, (counts.get(row.transform) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([transform, count]) => `${formatInteger(count)} ${transform === "same" ? "as they are" : transform}`)
    .join(", ");
}

function describeSquare({ orderUnknown, live, rows }: LedgerResult): string {
  const orders = rows.filter((row) => row.candidate !== null && orderUnknown.includes(row.candidate));
  const turned = orders.filter((row) => row.transform === "transposed").length;
  const how = [
    turned > 0 ? `${turned} under .T` : "",
    orders.length > turned ? `${orders.length - turned} as they are` : "",
  ];
  const told = how.filter((text) => text !== "").join(" and ");
  const matrices = formatCount(orderUnknown.length, "square matrix is", "square matrices are");
  const tail = live ? "" : " Give file.py:callable as the candidate, and its modules tell.";
  return `${matrices} equal, ${told}; whether that is right depends on the modules, which weights alone do not tell.${tail}`;
}
