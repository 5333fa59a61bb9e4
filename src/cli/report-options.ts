import type { ReportFormat } from "../config/report-formats.js";
import { ParityError } from "../errors.js";
import { parseReport } from "./option-values.js";
import type { CheckOption } from "./options.js";

export interface ReportArguments {
  /** The stored report.json, or its folder. */
  readonly file: string;
  readonly out?: string;
  readonly formats: readonly ReportFormat[];
}

/** Every option of `parity report`. */
export const REPORT_OPTIONS: readonly CheckOption[] = [
  { flags: "--out <dir>", description: "folder for the reports (default: the file's own)" },
  { flags: "--report <formats>", parse: parseReport, description: "formats as in parity check (default: html)" },
];

/** What commander parsed of `parity report`. Throws USAGE when no format is left. */
export function readReportOptions(file: string, values: Readonly<Record<string, unknown>>): ReportArguments {
  // The value comes from the parser that stands beside the option in the table.
  const formats = (values.report as readonly ReportFormat[] | undefined) ?? ["html"];
  if (formats.length === 0) {
    throw new ParityError("USAGE", "parity report was asked to write no report.", {
      where: { key: "--report" },
      hint: "Name formats: parity report reports/<name>/report.json --report html",
    });
  }
  return { file, formats, ...(typeof values.out === "string" ? { out: values.out } : {}) };
}
