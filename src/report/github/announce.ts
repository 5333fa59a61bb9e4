import { appendFile, stat } from "node:fs/promises";
import type { ReportFormat } from "../../config/report-formats.js";
import type { Failure } from "../failure.js";
import { renderMarkdown, renderMarkdownFailure } from "../markdown/render-markdown.js";
import type { ReportContext } from "../report-context.js";
import type { CheckResult } from "../types.js";
import { renderAnnotations, renderFailureAnnotation } from "./render-annotations.js";

/** GitHub takes a step's summary of up to 1 MiB and drops all of a larger one. */
const SUMMARY_BYTES = 900_000;

/** What GitHub Actions tells of itself. */
export interface Actions {
  readonly GITHUB_ACTIONS?: string | undefined;
  readonly GITHUB_STEP_SUMMARY?: string | undefined;
}

/** Whether to write for GitHub: when asked for, and in its Actions unless reports are not wanted at all. */
export function wantsGitHub(formats: readonly ReportFormat[], env: Actions): boolean {
  return formats.includes("github") || (env.GITHUB_ACTIONS === "true" && formats.length > 0);
}

/**
 * Appends the result to the job's summary, where there is one, and gives back the annotations for the log. A summary that cannot
 * be written is no reason to fail a check: it is told on the log.
 */
export async function announce(
  what: { readonly result: CheckResult } | { readonly failure: Failure },
  context: ReportContext,
  env: Actions,
): Promise<string> {
  const annotations =
    "result" in what ? renderAnnotations(what.result, context) : renderFailureAnnotation(what.failure, context);
  const path = env.GITHUB_STEP_SUMMARY;
  if (path === undefined || path === "") return annotations;
  try {
    const there = await stat(path)
      .then(({ size }) => size)
      .catch(() => 0);
    const room = SUMMARY_BYTES - there;
    const text = "result" in what ? renderMarkdown(what.result, room) : renderMarkdownFailure(what.failure);
    if (Buffer.byteLength(text) <= room) await appendFile(path, `${text}\n`);
    return annotations;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `${annotations}::warning title=parity::the job summary could not be written: ${why.replace(/[\r\n]/g, " ").replaceAll("%", "%25")}\n`;
  }
}
