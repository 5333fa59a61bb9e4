import { CAUSE_TITLES } from "../../cause-titles.js";
import { formatCount, formatError } from "../../format-number.js";
import { messageOf, otherPairs, shapeNote } from "../../read-findings.js";
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
  const places = others.length > 0 ? others : otherPairs(finding);
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
      <p>{messageOf(finding)}</p>
      <dl class="pairs">
        {source === null ? null : <Row term="line">{<code>{`${source.file}:${source.line}`}</code>}</Row>}
        {finding.behind === undefined ? null : <Row term="behind">{finding.behind}</Row>}
        {finding.within === undefined ? null : <Row term="in">{finding.within}</Row>}
        {pair === null ? null : (
          <Row term="layer">
            <button type="button" class="link" onClick={() => onShow(pair)}>
              {pair}
            </button>
          </Row>
        )}
        <Proof finding={finding} />
        {finding.repro === undefined ? null : (
          <Row term="repro">
            <code>{finding.repro}</code>
          </Row>
        )}
      </dl>
      <Repair finding={finding} />
      <More title={formatCount(places.length, "more place")} items={places} />
      <More title="evidence" items={finding.evidence} open={!confirmed} />
      <More title="what speaks against it" items={finding.against} open={!confirmed} />
    </article>
  );
}

/** The change of the user's own line where it is known, else the code that repairs it. */
function Repair({ finding }: { readonly finding: Finding }) {
  const { rewrite, fix } = finding;
  if (rewrite !== null) {
    return (
      <div class="fix">
        <pre class="diff">
          <code>
            <span class="quiet">{`${rewrite.file}:${rewrite.line}\n`}</span>
            <del>{`− ${rewrite.before.trim()}\n`}</del>
            <ins>{`+ ${rewrite.after.trim()}`}</ins>
          </code>
        </pre>
        <CopyButton text={rewrite.after} label="Copy the repaired line" />
      </div>
    );
  }
  if (fix === null) return null;
  return (
    <div class="fix">
      <pre>
        <code>{fix}</code>
      </pre>
      <CopyButton text={fix} label="Copy the fix" />
    </div>
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

interface MoreProps {
  readonly title: string;
  readonly items: readonly string[];
  /** What is not proved is told with its reasons at once. */
  readonly open?: boolean;
}

function More({ title, items, open = false }: MoreProps) {
  if (items.length === 0) return null;
  return (
    <details open={open}>
      <summary>{title}</summary>
      <ul>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </details>
  );
}
