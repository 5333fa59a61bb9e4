import type { CheckResult, PairResult } from "../../../types.js";
import { Key } from "../keys/key.js";
import { formatRoute, type Route } from "../route/route.js";

interface LayerStepsProps {
  readonly result: CheckResult;
  readonly at: number;
  readonly route: Route;
}

/** The way back, and to the neighbours in execution order and the next mismatches. */
export function LayerSteps({ result, at, route }: LayerStepsProps) {
  const { pairs } = result;
  const wrong = (pair: PairResult) => pair.verdict === "mismatch";
  const before = pairs.slice(0, at).reverse();
  const after = pairs.slice(at + 1);
  const to = (pair: PairResult) => formatRoute({ ...route, layer: pair.id, section: null, plane: 0 });
  return (
    <nav class="steps" aria-label="Neighbours">
      <a href={formatRoute({ ...route, layer: null })}>← all layers</a>
      <span class="quiet">
        {at + 1} of {pairs.length}
      </span>
      <Step pair={before[0]} to={to} words="previous" keys="k" />
      <Step pair={after[0]} to={to} words="next" keys="j" />
      <Step pair={before.find(wrong)} to={to} words="previous mismatch" keys="p" />
      <Step pair={after.find(wrong)} to={to} words="next mismatch" keys="n" />
    </nav>
  );
}

interface StepProps {
  readonly pair: PairResult | undefined;
  readonly to: (pair: PairResult) => string;
  readonly words: string;
  readonly keys: string;
}

function Step({ pair, to, words, keys }: StepProps) {
  if (pair === undefined) return null;
  return (
    <a href={to(pair)} title={pair.id}>
      {words} <Key name={keys} />
    </a>
  );
}
