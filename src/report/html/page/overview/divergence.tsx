import { describeBefore, findFirstDivergence } from "../../../first-divergence.js";
import { formatError } from "../../../format-number.js";
import { accumulatedError, headline, localError } from "../../../pair-error.js";
import type { CheckResult } from "../../../types.js";
import { formatRoute } from "../route/route.js";

interface DivergenceProps {
  readonly result: CheckResult;
}

/** Where the two models part for the first time. */
export function Divergence({ result }: DivergenceProps) {
  const found = findFirstDivergence(result);
  if (found === null) return null;
  const { pair, at } = found;
  const local = localError(pair);
  const accumulated = accumulatedError(pair);
  return (
    <section class="divergence" aria-labelledby="first-divergence">
      <h2 id="first-divergence">First divergence</h2>
      <p class="divergence-name">
        <a href={formatRoute({ layer: pair.id })}>
          <code>{pair.id}</code>
        </a>
        <span class="ratio bad">
          {local === null ? "accumulated" : "local"} {headline(pair)}
        </span>
      </p>
      <p class="quiet">
        {local === null ? "the layer could not be run on its own" : `local error ${formatError(local)}`}
        {accumulated === null ? null : `, accumulated ${formatError(accumulated)}`};{" "}
        {describeBefore(result.pairs, at, result.only)}
      </p>
    </section>
  );
}
