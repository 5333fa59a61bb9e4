import type { ComponentChildren } from "preact";
import { describeLayout, describeTolerance } from "../../../describe-pair.js";
import { formatCount, formatError, formatRatio, formatShape, formatShare } from "../../../format-number.js";
import type { PairResult } from "../../../types.js";

/** What a pair is, why it is a pair and how it was judged. */
export function PairFacts({ pair }: { readonly pair: PairResult }) {
  const { reference, candidate } = pair;
  return (
    <div>
      <h3>How it was judged</h3>
      <dl class="pairs">
        <Row term="reference">
          <code>{reference.name}</code>
          {reference.tensor === null ? null : (
            <>
              {" "}
              read from <code>{reference.tensor}</code>
            </>
          )}
          <br />
          <span class="quiet">
            {formatShape(reference.shape)} {reference.dtype}
          </span>
        </Row>
        <Row term="candidate">
          <code>{candidate.name === "" ? "(the model)" : candidate.name}</code> {candidate.type}
          <br />
          <span class="quiet">
            {formatShape(candidate.shape)} {candidate.dtype}
          </span>
        </Row>
        {candidate.source === null ? null : (
          <Row term="line">
            <code>{`${candidate.source.file}:${candidate.source.line}`}</code>
          </Row>
        )}
        <Row term="layout">{describeLayout(pair.layout)}</Row>
        <Row term="matched by">
          {pair.matchedBy}, confidence {Number(pair.confidence.toPrecision(2))}
          <br />
          <span class="quiet">{pair.because}</span>
        </Row>
        <Row term="tolerance">{describeTolerance(pair.tolerance)}</Row>
        <Noise pair={pair} />
        <Row term="would pass at">
          {pair.smallestTolerance === null ? "–" : `atol = rtol = ${formatError(pair.smallestTolerance)}`}
        </Row>
        {pair.logits !== null && (
          <Row term="choices">
            same first choice in {formatShare(pair.logits.metrics.argmaxAgreement)} of{" "}
            {formatCount(pair.logits.metrics.rows, "row")}, top {pair.logits.metrics.k} overlap{" "}
            {formatShare(pair.logits.metrics.topKOverlap)}, mean KL {formatError(pair.logits.metrics.meanKl)} nats
          </Row>
        )}
      </dl>
    </div>
  );
}

function Noise({ pair }: { readonly pair: PairResult }) {
  if (pair.noise === null) return null;
  const { floor, ratio } = pair.noise;
  return (
    <Row term="noise floor">
      rms {formatError(floor.rms)}, max {formatError(floor.max)}, from {floor.from}; the local error is{" "}
      {formatRatio(ratio)}
    </Row>
  );
}

function Row({ term, children }: { readonly term: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  );
}
