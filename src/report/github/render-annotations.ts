import { type Failure, failureText } from "../failure.js";
import { formatCount } from "../format-number.js";
import { type Issue, listIssues } from "../issues.js";
import { type ReportContext, repositoryPath } from "../report-context.js";
import type { CheckResult } from "../types.js";
import { workflowCommand } from "./workflow-command.js";

/** GitHub shows ten errors of a step and drops the others in silence. */
const MOST = 10;
const COMMANDS = { error: "error", warning: "warning", note: "notice" } as const;

/**
 * The worst of a result as annotations of GitHub Actions, one command a line, a line end behind each; nothing for a port that
 * is right. At most ten: the last says how many more there are.
 */
export function renderAnnotations(result: CheckResult, context: ReportContext): string {
  const issues = listIssues(result);
  const shown = issues.length > MOST ? issues.slice(0, MOST - 1) : issues;
  const more = issues.length - shown.length;
  const lines = shown.map((issue) => annotate(issue, context));
  if (more > 0) {
    const text = `${formatCount(more, "more result")} of ${result.name}: see the report.`;
    lines.push(
      workflowCommand(issues.some((one) => one.level === "error") ? "error" : "warning", { title: "parity" }, text),
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** A check that came to no result, as one annotation. */
export function renderFailureAnnotation(failure: Failure, context: ReportContext): string {
  const { place } = failure;
  const properties = {
    file: place === null ? null : repositoryPath(place.file, context),
    line: place?.line ?? null,
    title: `parity could not judge ${failure.name}`,
  };
  return `${workflowCommand("error", properties, failureText(failure))}\n`;
}

function annotate(issue: Issue, context: ReportContext): string {
  const { source } = issue;
  const file = source?.file ?? context.config;
  return workflowCommand(
    COMMANDS[issue.level],
    {
      file: file === null ? null : repositoryPath(file, context),
      line: source?.line ?? null,
      title: `${issue.title}${issue.waiver === null ? "" : " (waived)"}`,
    },
    issue.message,
  );
}
