import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ParityError } from "../errors.js";
import { renderHtml } from "./html/render-html.js";
import { renderJson } from "./json.js";
import type { CheckResult } from "./types.js";

export type ReportFormat = "json" | "html";

/** The file of each format, and how it is made. */
const REPORTS: Readonly<Record<ReportFormat, { readonly name: string; readonly render: (r: CheckResult) => string }>> =
  {
    json: { name: "report.json", render: renderJson },
    html: { name: "index.html", render: renderHtml },
  };

/**
 * Writes the reports into `dir`, which is made with its parents, and gives back their paths in the order of `formats`.
 * Everything is rendered before anything is written, and each file is renamed into place: a failure leaves the old
 * report or none, never half of one. Throws FILE_NOT_FOUND when the directory cannot be written.
 */
export async function writeReports(
  result: CheckResult,
  options: { readonly dir: string; readonly formats: readonly ReportFormat[] },
): Promise<string[]> {
  const files = options.formats.map((format) => ({
    path: join(options.dir, REPORTS[format].name),
    text: REPORTS[format].render(result),
  }));
  try {
    await mkdir(options.dir, { recursive: true });
    for (const file of files) await replaceFile(file.path, file.text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParityError("FILE_NOT_FOUND", `the report cannot be written: ${why}`, {
      where: { file: options.dir },
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
