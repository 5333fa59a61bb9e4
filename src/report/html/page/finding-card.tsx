import { CAUSE_TITLES } from "../../cause-titles.js";
import { formatError } from "../../format-number.js";
import { shapeNote } from "../../read-findings.js";
import type { CheckResult, Finding } from "../../types.js";
import { CopyButton } from "./copy-button.js";

interface FindingCardProps {
  readonly result: CheckResult;
  readonly finding: Finding;
  readonly onShow: (id: string) => void;
}

/** One fault: what it is, where, the proof, the repair; evidence on demand. */
export function FindingCard({ result, finding, onShow }: FindingCardProps) {
  const confirmed = finding.status === "confirmed";
  const others = finding.parameters.filter((name) => name !== finding.parameter);
  const { pair, source } = finding;
  return (
    <article class={`card ${confirmed ? "bad" : "unsure"}`}>
      <h3>
        <span class={`badge ${confirmed ? "bad" : "unsure"}`}>
          {confirmed ? "✗" : "?"} {finding.status}
        </span>{" "}
        {CAUSE_TITLES[finding.cause]}
      </h3>
      {finding.parameter === null ? null : (
        <p class="where">
          <code>{finding.parameter}</code> <span class="quiet">{shapeNote(result, finding)}</span>
        </p>
      )}
      <p>{finding.message}</p>
      <dl class="pairs">
        {source === null ? null : <Row term="line">{<code>{`${source.file}:${source.line}`}</code>}</Row>}
        {pair === null ? null : (
          <Row term="layer">
            <button type="button" class="link" onClick={() => onShow(pair)}>
              {pair}
            </button>
          </Row>
        )}
        <Proof finding={finding} />
      </dl>
      {finding.fix === null ? null : (
        <div class="fix">
          <pre>
            <code>{finding.fix}</code>
          </pre>
          <CopyButton text={finding.fix} label="Copy the fix" />
        </div>
      )}
      <More title={`${others.length} more places`} items={others} />
      <More title="evidence" items={finding.evidence} />
    </article>
  );
}

function Proof({ finding }: { readonly finding: Finding }) {
  const { experiment } = finding;
  if (experiment === null) return <Row term="proof">no experiment repaired it</Row>;
  return (
    <Row term="proof">
      with <code>{experiment.change}</code> the layer's error goes{" "}
      <span class="number">
        {formatError(experiment.errorBefore)} → {formatError(experiment.errorAfter)}
      </span>
      {experiment.floor === null ? null : <span class="quiet"> (noise floor {formatError(experiment.floor)})</span>}
    </Row>
  );
}

function Row({ term, children }: { readonly term: string; readonly children: preact.ComponentChildren }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  );
}

function More({ title, items }: { readonly title: string; readonly items: readonly string[] }) {
  if (items.length === 0) return null;
  return (
    <details>
      <summary>{title}</summary>
      <ul>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </details>
  );
}
