import { CAUSE_TITLES } from "../../../cause-titles.js";
import { formatCount, formatError } from "../../../format-number.js";
import { messageOf, otherPairs, shapeNote } from "../../../read-findings.js";
import type { CheckResult, Finding } from "../../../types.js";
import { formatRoute } from "../route/route.js";
import { Repair } from "./repair.js";

interface FindingCardProps {
  readonly result: CheckResult;
  readonly finding: Finding;
  /** Counted from 1; with it a link leads here. */
  readonly number: number;
}

/** One fault: what it is, where, the proof, the repair; evidence on demand. */
export function FindingCard({ result, finding, number }: FindingCardProps) {
  const confirmed = finding.status === "confirmed";
  const others = finding.parameters.filter((name) => name !== finding.parameter);
  const places = others.length > 0 ? others : otherPairs(finding);
  const { pair, source } = finding;
  return (
    <article class={`card ${confirmed ? "bad" : "unsure"}`} id={`finding-${number}`} tabIndex={-1}>
      <h3>
        <span class={`badge ${confirmed ? "bad" : "unsure"}`}>
          {confirmed ? "✗" : "?"} {finding.status}
        </span>{" "}
        {CAUSE_TITLES[finding.cause]}{" "}
        <a class="anchor" href={formatRoute({ section: `finding-${number}` })} aria-label={`Link to finding ${number}`}>
          #
        </a>
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
            <a href={formatRoute({ layer: pair })}>
              <code>{pair}</code>
            </a>{" "}
            <span class="quiet">error maps, worst elements, source lines</span>
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
