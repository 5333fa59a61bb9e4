import { CAUSE_TITLES } from "../../../cause-titles.js";
import { messageOf } from "../../../read-findings.js";
import type { CheckResult } from "../../../types.js";
import { Repair } from "../overview/repair.js";
import { formatRoute } from "../route/route.js";

interface LayerFindingsProps {
  readonly findings: CheckResult["findings"];
  readonly pair: string;
}

/** What was found out about this layer, with its repair; the whole card is a step away. `findings` as the overview orders them. */
export function LayerFindings({ findings, pair }: LayerFindingsProps) {
  const here = findings.map((finding, at) => ({ finding, at })).filter(({ finding }) => finding.pairs.includes(pair));
  if (here.length === 0) return null;
  return (
    <section class="layer-findings" aria-label="Findings in this layer">
      {here.map(({ finding, at }) => {
        const confirmed = finding.status === "confirmed";
        return (
          <article key={at} class={`brief ${confirmed ? "bad" : "unsure"}`}>
            <h2>
              <span class={`badge ${confirmed ? "bad" : "unsure"}`}>
                {confirmed ? "✗" : "?"} {finding.status}
              </span>{" "}
              <a href={formatRoute({ section: `finding-${at + 1}` })}>{CAUSE_TITLES[finding.cause]}</a>
            </h2>
            <p>{messageOf(finding)}</p>
            <Repair finding={finding} />
          </article>
        );
      })}
    </section>
  );
}
