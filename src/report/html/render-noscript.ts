import { CAUSE_TITLES } from "../cause-titles.js";
import { formatError } from "../format-number.js";
import { messageOf, orderFindings, whereOf } from "../read-findings.js";
import type { CheckResult, Finding } from "../types.js";
import { escapeHtml } from "./escape-html.js";

/** What the file says where scripts do not run: the verdict and the findings, as plain HTML. */
export function renderNoscript(result: CheckResult): string {
  const findings = orderFindings(result.findings);
  const table = findings.length === 0 ? "" : renderTable(findings);
  const reason = result.reason === null ? "" : `<p>${escapeHtml(result.reason)}</p>`;
  const first = result.firstDivergence;
  const divergence = first === null ? "" : `<p>First divergence: <code>${escapeHtml(first)}</code></p>`;
  return (
    `<noscript><main><h1>${escapeHtml(result.summary.sentence)}</h1>${reason}${divergence}${table}` +
    `<p>The ladder of layers and the tables need scripts; the same figures are in report.json.</p></main></noscript>`
  );
}

function renderTable(findings: readonly Finding[]): string {
  const headings = ["Finding", "Where", "What", "Proof", "Fix"];
  const head = headings.map((heading) => `<th scope="col">${heading}</th>`).join("");
  return `<table><caption>Findings</caption><thead><tr>${head}</tr></thead><tbody>${findings.map(renderRow).join("")}</tbody></table>`;
}

function renderRow(finding: Finding): string {
  const { experiment, source } = finding;
  const place = source === null ? "" : `${source.file}:${source.line}`;
  const proof =
    experiment === null
      ? "not proved"
      : `${experiment.change}: ${formatError(experiment.errorBefore)} → ${formatError(experiment.errorAfter)}`;
  const where = [whereOf(finding) ?? "", place].filter(Boolean).join(" ");
  const { rewrite } = finding;
  const fix = rewrite === null ? (finding.fix ?? "") : `${rewrite.file}:${rewrite.line}: ${rewrite.after.trim()}`;
  const cells = [where, messageOf(finding), proof, fix].map((text) => `<td>${escapeHtml(text)}</td>`);
  return `<tr><th scope="row">${finding.status}: ${CAUSE_TITLES[finding.cause]}</th>${cells.join("")}</tr>`;
}
