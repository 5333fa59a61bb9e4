import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReportFormat } from "../config/report-formats.js";
import { ParityError } from "../errors.js";
import type { Failure } from "./failure.js";
import { renderHtml } from "./html/render-html.js";
import { renderJson } from "./json.js";
import { renderJunit, renderJunitFailure } from "./junit/render-junit.js";
import { renderMarkdown, renderMarkdownFailure } from "./markdown/render-markdown.js";
import { findContext, type ReportContext } from "./report-context.js";
import { renderSarif, renderSarifFailure } from "./sarif/render-sarif.js";
import type { CheckResult } from "./types.js";

/** `github` is no file: it is written to the log and to the job's summary (github/announce.ts). */
export type FileFormat = Exclude<ReportFormat, "github">;

interface Report {
  readonly name: string;
  readonly render: (result: CheckResult, context: ReportContext) => string;
  /** What stands in the file when the check came to no result; absent where there would be nothing to read. */
  readonly renderFailure?: (failure: Failure, context: ReportContext) => string;
}

/** The file of each format, and how it is made. */
const REPORTS: Readonly<Record<FileFormat, Report>> = {
  json: { name: "report.json", render: renderJson },
  html: { name: "index.html", render: renderHtml },
  junit: { name: "junit.xml", render: renderJunit, renderFailure: renderJunitFailure },
  sarif: { name: "parity.sarif", render: renderSarif, renderFailure: renderSarifFailure },
  markdown: { name: "parity.md", render: (result) => renderMarkdown(result), renderFailure: renderMarkdownFailure },
};

export interface ReportOptions {
  readonly dir: string;
  readonly formats: readonly ReportFormat[];
  /** Where paths are in the repository; the working directory's when absent. */
  readonly context?: ReportContext;
}

/**
 * Writes the reports into `dir`, which is made with its parents, and gives back their paths in the order of `formats`.
 * Everything is rendered before anything is written, and each file is renamed into place: a failure leaves the old
 * report or none, never half of one. Throws FILE_NOT_FOUND when the directory cannot be written.
 */
export async function writeReports(result: CheckResult, options: ReportOptions): Promise<string[]> {
  return writeAll(options, (report, context) => report.render(result, context));
}

/** As `writeReports`, for a check that came to no result: the formats that CI reads say why. */
export async function writeFailureReports(failure: Failure, options: ReportOptions): Promise<string[]> {
  return writeAll(options, (report, context) => report.renderFailure?.(failure, context) ?? null);
}

async function writeAll(
  { dir, formats, context = findContext(process.cwd(), null) }: ReportOptions,
  render: (report: Report, context: ReportContext) => string | null,
): Promise<string[]> {
  const files = formats.flatMap((format) => {
    if (format === "github") return [];
    const text = render(REPORTS[format], context);
    return text === null ? [] : [{ path: join(dir, REPORTS[format].name), text }];
  });
  if (files.length === 0) return [];
  try {
    await mkdir(dir, { recursive: true });
    for (const file of files) await replaceFile(file.path, file.text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParityError("FILE_NOT_FOUND", `the report cannot be written: ${why}`, {
      where: { file: dir },
      hint: "name a directory that can be written with --out DIR",
      cause,
    });
  }
  return files.map((file) => file.path);
}

/** Writes a file under a temporary name and renames it into place. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
