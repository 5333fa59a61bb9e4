import { VERDICT_SIGNS, VERDICT_WORDS } from "../../../describe-pair.js";
import { formatError } from "../../../format-number.js";
import { accumulatedError, headline, localError } from "../../../pair-error.js";
import type { PairResult } from "../../../types.js";
import { memo } from "../memo.js";
import { formatRoute, type Route } from "../route/route.js";

interface PairRowProps {
  readonly pair: PairResult;
  readonly at: number;
  readonly first: boolean;
  readonly route: Route;
}

/** One pair, which leads to the page of its layer. Drawn again only when it changes itself. */
export const PairRow = memo(function PairRow({ pair, at, first, route }: PairRowProps) {
  const wrong = pair.verdict === "mismatch";
  return (
    <tr class={first ? "first" : ""}>
      <td class="order">{at + 1}</td>
      <th scope="row">
        <a href={formatRoute({ ...route, layer: pair.id })} data-pair={pair.id} data-wrong={wrong ? "" : undefined}>
          <bdi>{pair.id}</bdi>
        </a>
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
  );
});

function written(error: number | null): string {
  return error === null ? "–" : formatError(error);
}
