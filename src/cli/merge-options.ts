import type { ReportFormat } from "../config/report-formats.js";
import type { MergeOptions } from "./commands/merge.js";
import { parseReport } from "./option-values.js";
import { type CheckOption, readDisplay } from "./options.js";

/** Every option of `parity merge`. */
export const MERGE_OPTIONS: readonly CheckOption[] = [
  { flags: "--out <dir>", description: "folder for the reports (default: reports/<name>)" },
  {
    flags: "--report <formats>",
    parse: parseReport,
    description: "json, html, both with a comma, or none (default: json,html)",
  },
  { flags: "--json", description: "print the result as JSON on standard output" },
  { flags: "--verbose", description: "show every pair" },
  { flags: "--no-color", description: "print without colours" },
];

/** What commander parsed after `parity merge`. */
export function readMergeOptions(paths: readonly string[], values: Readonly<Record<string, unknown>>): MergeOptions {
  // Each value comes from the parser that stands beside it in the table.
  const { out, report = ["json", "html"] } = values as { out?: string; report?: ReportFormat[] };
  return { paths, out, formats: report, display: readDisplay(values) };
}
