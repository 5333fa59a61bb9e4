import { CAUSE_TITLES } from "../../../cause-titles.js";
import { formatError } from "../../../format-number.js";
import { messageOf, otherPairs, whereOf } from "../../../read-findings.js";
import type { Finding } from "../../../types.js";
import { block, code, prose } from "./escape.js";

/** One finding as Markdown: what, where, proof, repair. Pure. */
export function describeFindingMarkdown(finding: Finding): string {
  const { experiment, source, status } = finding;
  const where = whereOf(finding);
  const others = finding.parameters.filter((name) => name !== finding.parameter);
  const places = others.length > 0 ? others : otherPairs(finding);
  const parts = [
    `**${status === "confirmed" ? "✗" : "?"} ${status}: ${CAUSE_TITLES[finding.cause]}**` +
      `${where === null ? "" : ` in ${code(where)}`}` +
      `${source === null ? "" : ` (${code(`${source.file}:${source.line}`)})`}`,
    prose(messageOf(finding)),
    ...(places.length === 0 ? [] : [`Also in ${places.map(code).join(", ")}.`]),
    experiment === null
      ? "No experiment repaired it."
      : `Proof: with ${code(experiment.change)} the layer's error goes ` +
        `${formatError(experiment.errorBefore)} → ${formatError(experiment.errorAfter)}.`,
    ...repair(finding),
    ...(status === "confirmed" || finding.evidence.length === 0
      ? []
      : [finding.evidence.map((one) => `- ${prose(one)}`).join("\n")]),
  ];
  return parts.join("\n\n");
}

function repair({ rewrite, fix }: Finding): string[] {
  if (rewrite !== null) {
    const diff = `--- ${rewrite.file}:${rewrite.line}\n-${rewrite.before}\n+${rewrite.after}`;
    return [block(diff, "diff")];
  }
  return fix === null ? [] : [block(fix, "python")];
}
