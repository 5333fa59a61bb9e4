import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { ParityError } from "../../errors.js";
import { parseResult } from "../../report/json.js";
import { writeReports } from "../../report/write-reports.js";
import type { ReportArguments } from "../report-options.js";

/**
 * `parity report`: writes reports again from a stored report.json, beside it unless `--out` says otherwise. Prints their paths.
 * The exit code says whether they were written, not what they say.
 */
export async function runReport({ file, out, formats }: ReportArguments): Promise<number> {
  const path = file.endsWith(".json") ? file : join(file, "report.json");
  const result = parseResult(await readText(path), path);
  const written = await writeReports(result, { dir: out ?? dirname(path), formats });
  for (const one of written) process.stdout.write(`${shorten(one)}\n`);
  return 0;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParityError("FILE_NOT_FOUND", `the report cannot be read: ${why}`, {
      where: { file: path },
      hint: "name the report.json that `parity check` wrote, or its folder: parity report reports/<name>",
      cause,
    });
  }
}

/** A path as the user would type it. */
function shorten(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}
