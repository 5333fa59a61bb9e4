import { memo } from "preact/compat";
import { VERDICT_SIGNS, VERDICT_WORDS } from "../../describe-pair.js";
import { formatError } from "../../format-number.js";
import { accumulatedError, headline, localError } from "../../pair-error.js";
import type { PairResult } from "../../types.js";
import { PairDetail } from "./pair-detail.js";

interface PairRowProps {
  readonly pair: PairResult;
  readonly at: number;
  readonly first: boolean;
  readonly open: boolean;
  readonly onToggle: (id: string) => void;
}

/** One pair and, unfolded, its details in a row below. Drawn again only when it changes itself. */
export const PairRow = memo(function PairRow({ pair, at, first, open, onToggle }: PairRowProps) {
  const wrong = pair.verdict === "mismatch";
  return (
    <>
      <tr class={`${first ? "first " : ""}${open ? "open" : ""}`}>
        <td class="order">{at + 1}</td>
        <th scope="row">
          <button
            type="button"
            id={`pair-${at}`}
            class="unfold"
            aria-expanded={open}
            aria-controls={`detail-${at}`}
            onClick={() => onToggle(pair.id)}
          >
            <span aria-hidden="true" class="triangle">
              {open ? "▾" : "▸"}
            </span>{" "}
            <bdi>{pair.id}</bdi>
          </button>
          {pair.isOutput ? <span class="tag">output</span> : null}
          {first ? <span class="tag bad">first divergence</span> : null}
        </th>
        <td class="figure">{written(localError(pair))}</td>
        <td class="figure">{written(accumulatedError(pair))}</td>
        <td class={`figure ${wrong ? "bad" : ""}`}>{pair.verdict === "not-compared" ? "–" : headline(pair)}</td>
        <td class={wrong ? "bad" : ""}>
          {VERDICT_SIGNS[pair.verdict]} {VERDICT_WORDS[pair.verdict]}
        </td>
      </tr>
      {open ? (
        <tr class="detail" id={`detail-${at}`}>
          <td colSpan={6}>
            <PairDetail pair={pair} />
          </td>
        </tr>
      ) : null}
    </>
  );
});

function written(error: number | null): string {
  return error === null ? "–" : formatError(error);
}
