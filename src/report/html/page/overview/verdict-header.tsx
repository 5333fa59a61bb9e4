import { describeGoldenUse } from "../../../describe-golden-use.js";
import { countPairs, verdictWords } from "../../../describe-only.js";
import { formatCount, formatSeconds } from "../../../format-number.js";
import { summarizeWeights } from "../../../summarize-weights.js";
import type { CheckResult, Verdict } from "../../../types.js";
import { describeMargin, findWorstPair } from "../../../worst-pair.js";

/** Sign and words of a verdict, and the class that colours it. */
export const VERDICT_LOOKS: Readonly<Record<Verdict, { sign: string; words: string; tone: string }>> = {
  parity: { sign: "✓", words: "parity", tone: "good" },
  mismatch: { sign: "✗", words: "not parity", tone: "bad" },
  inconclusive: { sign: "?", words: "could not judge", tone: "unsure" },
  flaky: { sign: "?", words: "flaky", tone: "unsure" },
};

/** The answer: verdict, its sentence in big type, and the figures it rests on. */
export function VerdictHeader({ result }: { readonly result: CheckResult }) {
  const { sign, tone } = VERDICT_LOOKS[result.verdict];
  const { summary, unmatched } = result;
  const outputs = [...unmatched.reference, ...unmatched.candidate].filter((tap) => tap.isOutput).length;
  const weights = summarizeWeights(summary.weights);
  const worst = result.verdict === "parity" ? findWorstPair(result.pairs) : null;
  return (
    <div class={`verdict ${tone}`}>
      <p class="verdict-word">
        <span class="sign" aria-hidden="true">
          {sign}
        </span>
        {verdictWords(result)}
      </p>
      <h1>{summary.sentence}</h1>
      {result.reason === null ? null : <p class="reason">{result.reason}</p>}
      <ul class="facts">
        <li>{formatCount(summary.cases, "case")}</li>
        <li>{countPairs(result)}</li>
        {result.only === null ? <li>{formatCount(outputs, "unmatched output")}</li> : null}
        {weights === null ? null : <li>weights {weights}</li>}
        <li>{formatSeconds(summary.seconds)}</li>
        {result.golden === null ? null : <li>{describeGoldenUse(result.golden)}</li>}
      </ul>
      {worst === null ? null : (
        <p class="margin">
          Nearest to its limit: <code>{worst.id}</code>, {describeMargin(worst)}.
        </p>
      )}
    </div>
  );
}
