import { CAUSE_TITLES } from "../cause-titles.js";
import { formatError } from "../format-number.js";
import { describeWaived, waiverOf } from "../issues.js";
import { messageOf, otherPairs, whereOf } from "../read-findings.js";
import type { CheckResult, Finding } from "../types.js";
import { codeBlock, codeSpan, plainText } from "./escape-markdown.js";

/** One finding, folded: what is wrong, its places, proof, evidence and fix. */
export function findingBlock(result: CheckResult, finding: Finding): string {
  const { source, experiment, parameters, parameter, evidence, against } = finding;
  const where = whereOf(finding);
  const waiver = finding.pair === null ? null : waiverOf(result, finding.pair);
  const others = parameters.length > 1 ? parameters.filter((name) => name !== parameter) : otherPairs(finding);
  const sign = finding.status === "confirmed" ? "✗ confirmed" : "? suspected";
  const lines = [
    `${plainText(messageOf(finding))}${source === null ? "" : ` (${codeSpan(`${source.file}:${source.line}`)})`}`,
    ...(waiver === null ? [] : [plainText(`Waived ${describeWaived(waiver)}`)]),
    ...(others.length === 0 ? [] : [`Also: ${others.map(codeSpan).join(", ")}`]),
    ...(experiment === null
      ? []
      : [
          `With ${codeSpan(experiment.change)} the layer's error goes ${formatError(experiment.errorBefore)} → ${formatError(experiment.errorAfter)}.`,
        ]),
    ...[...evidence, ...against].map((text) => `* ${plainText(text)}`),
    ...fixBlock(finding),
  ];
  const title = `${sign}: ${plainText(CAUSE_TITLES[finding.cause])}${where === null ? "" : ` · ${plainText(where)}`}${waiver === null ? "" : " · waived"}`;
  return `<details><summary>${title}</summary>\n\n${lines.join("\n\n")}\n\n</details>`;
}

/** The change of the user's line as a diff, else the code. */
function fixBlock({ rewrite, fix }: Finding): string[] {
  if (rewrite !== null)
    return [
      codeBlock(
        `--- ${rewrite.file}:${rewrite.line}\n-${rewrite.before.trimEnd()}\n+${rewrite.after.trimEnd()}`,
        "diff",
      ),
    ];
  return fix === null ? [] : [codeBlock(fix, "python")];
}
