import { formatCount, formatError } from "../format-number.js";
import { printable } from "../printable.js";
import { summarizeWeights } from "../summarize-weights.js";
import type { CheckResult } from "../types.js";
import { describeMargin, findWorstPair } from "../worst-pair.js";
import { shortenMiddle, wrapText } from "./fit-text.js";
import { VERDICTS } from "./verdict-line.js";
import { labelled, type View } from "./view.js";

/** So many unmatched outputs are named; the page and report.json have all of them. */
const NAMED_OUTPUTS = 4;
/** So many sentences of what was not covered are shown; a screen that is always full is not read. */
const COVERAGE_LINES = 2;

/** The calm part of a good result: the pair nearest to its limit, and the weights. */
export function marginLines(view: View, result: CheckResult): string[] {
  const worst = findWorstPair(result.pairs);
  const lines: string[] = [];
  if (worst !== null) {
    const name = shortenMiddle(printable(worst.id), Math.max(16, Math.floor(view.width / 2)));
    lines.push(...labelled(view, 2, "worst", `${name}   ${describeMargin(worst)}`));
  }
  return [...lines, ...weightLines(view, result)];
}

/** `weights  148/148 equal`. */
export function weightLines(view: View, result: CheckResult): string[] {
  const weights = summarizeWeights(result.summary.weights);
  return weights === null ? [] : labelled(view, 2, "weights", weights);
}

/** How the whole model stands with every confirmed repair applied. */
export function repairLines(view: View, result: CheckResult): string[] {
  const after = result.summary.afterRepairs;
  if (after === null) return [];
  const fall = `${formatError(after.outputErrorBefore)} → ${formatError(after.outputErrorAfter)}`;
  const sentence = `with every confirmed repair the outputs' error goes ${fall}: ${VERDICTS[after.verdict].words}`;
  const { sign } = VERDICTS[after.verdict];
  return labelled(view, 2, "repaired", `${sign} ${sentence}`);
}

/** What `--fix` wrote, and what a second check says of it. */
export function fixLines(view: View, result: CheckResult): string[] {
  const { fix } = result;
  if (fix === null) return [];
  const { sign } = VERDICTS[fix.recheck.verdict];
  const what = `${fix.file} (${formatCount(fix.repaired.length, "repaired weight")}): ${fix.recheck.sentence}`;
  return labelled(view, 2, "fixed", `${sign} ${what}`);
}

/** Outputs of either side that have no partner: a gate must not overlook them. */
export function unmatchedLines(view: View, result: CheckResult): string[] {
  return (["reference", "candidate"] as const).flatMap((side) => {
    const outputs = result.unmatched[side].filter((tap) => tap.isOutput);
    const lines = outputs
      .slice(0, NAMED_OUTPUTS)
      .flatMap((tap) =>
        wrapText(`unmatched ${side} output ${printable(tap.id)}: ${printable(tap.why)}`, view.width, 2),
      );
    const more = outputs.length - NAMED_OUTPUTS;
    return more > 0 ? [...lines, `  … ${formatCount(more, "more unmatched output")} of the ${side}`] : lines;
  });
}

/** What the check did not cover, in one or two lines, and the warnings, all of them. */
export function coverageLines(view: View, result: CheckResult): string[] {
  const { notCovered, warnings } = result.summary;
  const shown = view.verbose ? notCovered : notCovered.slice(0, COVERAGE_LINES);
  const more = notCovered.length - shown.length;
  return [
    ...shown.flatMap((text) => labelled(view, 2, "unseen", text)),
    ...(more > 0 ? [view.paint.quiet(`           … ${formatCount(more, "more point")} in the report`)] : []),
    ...warnings.flatMap((text) => {
      const [first = "", ...rest] = wrapText(printable(text), view.width, 11);
      return [`  ${view.paint.unsure("warning")}  ${first.trimStart()}`, ...rest];
    }),
  ];
}
