import { createPaint, type Paint } from "../report/terminal/paint.js";
import { isReady } from "./diagnose-runtimes.js";
import type { RuntimeReport } from "./types.js";

/** The reports as a table, with the command that mends it below each thing that is missing. Ends with a newline. */
export function renderDoctor(reports: readonly RuntimeReport[], { color }: { readonly color: boolean }): string {
  const paint = createPaint(color);
  const nameWidth = Math.max(...reports.map((report) => report.name.length));
  const versionWidth = Math.max(...reports.map((report) => report.version?.length ?? 0));
  const lines = reports.flatMap((report) => renderReport(report, nameWidth, versionWidth, paint));
  return `${[...lines, "", summarize(reports, paint)].join("\n")}\n`;
}

function renderReport(report: RuntimeReport, nameWidth: number, versionWidth: number, paint: Paint): string[] {
  const name = report.name.padEnd(nameWidth);
  const version = (report.version ?? "").padEnd(versionWidth);
  if (report.usable) return [`${paint.good("✓")} ${name}  ${version}  ${paint.quiet(report.detail)}`];
  const mark = report.required ? paint.bad("✗") : paint.unsure("–");
  const purpose = `${report.required ? "needed" : "optional,"} for ${report.neededFor}`;
  const first = `${mark} ${name}  ${version}  ${report.detail}; ${purpose}`;
  return report.mend === null ? [first] : [first, `  ${" ".repeat(nameWidth)}  run  ${paint.strong(report.mend)}`];
}

function summarize(reports: readonly RuntimeReport[], paint: Paint): string {
  if (isReady(reports)) return paint.good("Everything that `parity check` needs is usable.");
  const missing = reports.filter((report) => report.required && !report.usable).map((report) => report.name);
  return paint.bad(
    `\`parity check\` cannot run: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not usable.`,
  );
}
