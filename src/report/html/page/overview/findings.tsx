import { formatCount, formatError } from "../../../format-number.js";
import { orderFindings } from "../../../read-findings.js";
import type { CheckResult } from "../../../types.js";
import { Section } from "../section.js";
import { FindingCard } from "./finding-card.js";
import { VERDICT_LOOKS } from "./verdict-header.js";

interface FindingsProps {
  readonly result: CheckResult;
}

/** Every finding as a card, the proved ones first, and how the model stands once they are repaired. */
export function Findings({ result }: FindingsProps) {
  const findings = orderFindings(result.findings);
  if (findings.length === 0) return null;
  const confirmed = findings.filter((finding) => finding.status === "confirmed").length;
  return (
    <Section
      id="findings"
      title={formatCount(findings.length, "finding")}
      aside={`${confirmed} confirmed by experiment`}
    >
      <div class="cards">
        {findings.map((finding, at) => (
          <FindingCard key={at} result={result} finding={finding} number={at + 1} />
        ))}
      </div>
      <AfterRepairs result={result} />
      <Fixed result={result} />
    </Section>
  );
}

/** What `--fix` wrote, and what a second check says of it. */
function Fixed({ result }: { readonly result: CheckResult }) {
  const { fix } = result;
  if (fix === null) return null;
  const { sign, tone } = VERDICT_LOOKS[fix.recheck.verdict];
  return (
    <p class="after-repairs">
      <code>{fix.file}</code> ({formatCount(fix.repaired.length, "repaired weight")}):{" "}
      <strong class={tone}>
        {sign} {fix.recheck.sentence}
      </strong>
    </p>
  );
}

function AfterRepairs({ result }: { readonly result: CheckResult }) {
  const after = result.summary.afterRepairs;
  if (after === null) return null;
  const { sign, words, tone } = VERDICT_LOOKS[after.verdict];
  return (
    <p class="after-repairs">
      With every confirmed repair the outputs' error goes{" "}
      <span class="number">
        {formatError(after.outputErrorBefore)} → {formatError(after.outputErrorAfter)}
      </span>
      :{" "}
      <strong class={tone}>
        {sign} {words}
      </strong>
    </p>
  );
}
