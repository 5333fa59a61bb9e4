import type { CheckResult } from "../../../types.js";
import { formatRoute } from "../route/route.js";
import { Section } from "../section.js";

type GateCheck = CheckResult["gate"]["checks"][number];

const OUTCOMES = {
  pass: { sign: "✓", words: "passed", tone: "good" },
  warn: { sign: "!", words: "warning", tone: "unsure" },
  fail: { sign: "✗", words: "failed", tone: "bad" },
  "could-not-judge": { sign: "?", words: "could not judge", tone: "unsure" },
} as const;
/** What is wrong first. */
const ORDER = ["fail", "could-not-judge", "warn", "pass"] as const;

/** What a team demands of its port beyond the verdict, and how this check stands to it; nothing where nothing is demanded. */
export function GatePanel({ result }: { readonly result: CheckResult }) {
  const { gate } = result;
  if (!gate.configured) return null;
  const known = new Set(result.pairs.map((pair) => pair.id));
  const checks = ORDER.flatMap((outcome) => gate.checks.filter((check) => check.outcome === outcome));
  const used = gate.waivers.filter((waiver) => waiver.state === "active");
  return (
    <Section id="gate" title={`Gate: ${OUTCOMES[gate.outcome].words}`}>
      <ul class="points">
        {checks.map((check) => (
          <Rule key={`${check.id} ${check.pair} ${check.message}`} check={check} known={known} />
        ))}
        {used.map((waiver) => (
          <li key={JSON.stringify(waiver)}>
            <span class="sign" aria-hidden="true">
              –
            </span>
            waived until {waiver.expires} by {waiver.owner}: {waiver.reason} ({waiver.pairs.join(", ")})
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Rule({ check, known }: { readonly check: GateCheck; readonly known: ReadonlySet<string> }) {
  const { sign, words, tone } = OUTCOMES[check.outcome];
  const { pair } = check;
  return (
    <li>
      <span class={`sign ${tone}`} aria-hidden="true">
        {sign}
      </span>
      {words}: {check.message}
      {check.hint === null ? null : `. ${check.hint}`}{" "}
      {pair !== null && known.has(pair) ? <a href={formatRoute({ layer: pair })}>the layer</a> : null}
    </li>
  );
}
