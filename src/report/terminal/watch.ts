import type { Changes } from "../compare-results.js";
import { compareResults } from "../compare-results.js";
import { findFirstDivergence } from "../first-divergence.js";
import { formatCount } from "../format-number.js";
import { printable } from "../printable.js";
import type { CheckResult } from "../types.js";
import { divergenceLines } from "./divergence.js";
import { findingLines } from "./findings.js";
import { inconclusiveLines } from "./inconclusive.js";
import { pairTable } from "./pair-table.js";
import { coverageLines, marginLines, repairLines, weightLines } from "./summary-lines.js";
import { verdictLine } from "./verdict-line.js";
import { labelled, type View } from "./view.js";

/** So many pairs of one kind are named. */
const NAMED = 6;

/** `── 14:02:31 · run 2 · port.py changed`. */
export function watchHead(view: View, time: string, run: number, changed: readonly string[]): string {
  const why = changed.length === 0 ? "first run" : `${listed(changed)} changed`;
  return view.paint.quiet(`── ${time} · run ${run} · ${printable(why)}`);
}

/** How all pairs stand before the cause is known. */
export function watchPreview(view: View, preview: CheckResult): string {
  const at = findFirstDivergence(preview)?.at ?? 0;
  const count = formatCount(preview.summary.pairs.mismatch, "pair");
  return sections([
    divergenceLines(view, preview),
    pairTable(view, preview.pairs, at),
    [`  ${view.paint.quiet(`${count} differ; looking for the cause …`)}`],
  ]);
}

/** The verdict, what changed since the run before, and why; the table was shown already. */
export function watchResult(view: View, result: CheckResult, before: CheckResult | null): string {
  const changes = before === null ? [] : changeLines(view, compareResults(before, result));
  const findings = findingLines(view, result);
  const calm = result.verdict === "parity";
  return sections([
    verdictLine(view, result),
    changes,
    calm || result.verdict === "mismatch" ? [] : inconclusiveLines(view, result),
    findings,
    repairLines(view, result),
    calm ? marginLines(view, result) : weightLines(view, result),
    // What a check does not see is the same in every run of a watch: it is told once.
    before === null ? coverageLines(view, result) : [],
  ]);
}

function changeLines(view: View, { fixed, still, fresh, gone }: Changes): string[] {
  const lines = [
    ...(fixed.length === 0 ? [] : labelled(view, 2, "fixed", listed(fixed))),
    ...(still.length === 0
      ? []
      : labelled(
          view,
          2,
          "still",
          listed(
            still.map(({ pair, now, before }) =>
              now === before ? `${pair} ${now}` : `${pair} ${now} (was ${before})`,
            ),
          ),
        )),
    ...(fresh.length === 0 ? [] : labelled(view, 2, "new", listed(fresh))),
    ...(gone.length === 0 ? [] : labelled(view, 2, "gone", `no longer compared: ${listed(gone)}`)),
  ];
  return lines.length === 0 ? labelled(view, 2, "changed", "nothing in how the pairs stand") : lines;
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  return `${names.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function sections(all: readonly (readonly string[])[]): string {
  return `${all
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}
