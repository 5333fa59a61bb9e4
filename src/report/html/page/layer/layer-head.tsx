import { VERDICT_SIGNS, VERDICT_WORDS } from "../../../describe-pair.js";
import { formatError } from "../../../format-number.js";
import { accumulatedError, headline, localError } from "../../../pair-error.js";
import type { PairResult } from "../../../types.js";
import { CopyButton } from "../copy-button.js";
import { describePairMarkdown } from "../markdown/describe-pair.js";

interface LayerHeadProps {
  readonly pair: PairResult;
  readonly first: boolean;
  readonly inherited: boolean;
}

/** Name, verdict and headline of a layer. */
export function LayerHead({ pair, first, inherited }: LayerHeadProps) {
  const { candidate } = pair;
  const wrong = pair.verdict === "mismatch";
  const tone = wrong ? "bad" : pair.verdict === "not-compared" ? "unsure" : "good";
  const local = localError(pair);
  const accumulated = accumulatedError(pair);
  return (
    <div class={`layer-head ${tone}`}>
      <div class="bar">
        <h1 tabIndex={-1}>
          <bdi>{pair.id}</bdi>
        </h1>
        <CopyButton
          text={() => describePairMarkdown(pair)}
          label="Copy as Markdown: this layer"
          words="copy as Markdown"
        />
      </div>
      <p>
        <strong class={tone}>
          {VERDICT_SIGNS[pair.verdict]} {VERDICT_WORDS[pair.verdict]}
        </strong>{" "}
        {pair.verdict === "not-compared" ? null : <strong class="number">{headline(pair)}</strong>}
        {first ? <span class="tag bad">first divergence</span> : null}
        {pair.isOutput ? <span class="tag">output</span> : null}
        <span class="quiet">
          {" "}
          {candidate.type}
          {candidate.source === null ? "" : ` at ${candidate.source.file}:${candidate.source.line}`}
        </span>
      </p>
      <p class="facts">
        <span>
          local <span class="number">{local === null ? "–" : formatError(local)}</span>
        </span>
        <span>
          accumulated <span class="number">{accumulated === null ? "–" : formatError(accumulated)}</span>
        </span>
        {inherited ? (
          <span>
            the layer itself agrees: fed the original's own input, its error is rounding. What it shows in the free run
            comes from before it
          </span>
        ) : null}
      </p>
      {pair.note === null ? null : <p class="note">{pair.note}</p>}
    </div>
  );
}
