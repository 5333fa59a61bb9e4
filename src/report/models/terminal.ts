import { formatCount, formatSeconds } from "../format-number.js";
import { printable } from "../printable.js";
import { renderError } from "../render-error.js";
import { padRight, shortenMiddle, widthOf } from "../terminal/fit-text.js";
import { createPaint } from "../terminal/paint.js";
import { VERDICTS, verdictPaint } from "../terminal/verdict-line.js";
import { renderTerminal, type TerminalOptions } from "../terminal.js";
import type { Verdict } from "../types.js";
import type { ModelOutcome } from "./outcome.js";

type Options = Omit<TerminalOptions, "reportPath">;

/** All models, one view after the other, and at the end a line for each: the worst last look is the whole. */
export function renderModels(outcomes: readonly ModelOutcome[], options: Options): string {
  const views = outcomes.map((outcome) =>
    "result" in outcome
      ? renderTerminal(outcome.result, {
          ...options,
          ...(outcome.page === null ? {} : { reportPath: outcome.page }),
        })
      : `? could not judge · ${printable(outcome.name)}\n\n${renderError(outcome.error, options)}\n`,
  );
  if (views.length === 1) return views.join("");
  return `${views.join("\n")}\n${summaryLines(outcomes, options).join("\n")}\n`;
}

/** `2 models: 1 parity, 1 not parity` and what each came to. */
function summaryLines(outcomes: readonly ModelOutcome[], options: Options): string[] {
  const paint = createPaint(options.color);
  const verdicts = outcomes.map(verdictOf);
  const counts = (Object.keys(VERDICTS) as Verdict[]).flatMap((verdict) => {
    const count = verdicts.filter((one) => one === verdict).length;
    return count === 0 ? [] : [`${count} ${VERDICTS[verdict].words}`];
  });
  const names = Math.max(...outcomes.map(({ name }) => widthOf(name)));
  const words = Math.max(...verdicts.map((verdict) => VERDICTS[verdict].words.length));
  return [
    paint.strong(`${formatCount(outcomes.length, "model")}: ${counts.join(", ")}`),
    "",
    ...outcomes.map((outcome, at) => {
      const verdict = verdicts[at] ?? "inconclusive";
      const head = `${VERDICTS[verdict].sign} ${padRight(printable(outcome.name), names)}  ${padRight(VERDICTS[verdict].words, words)}`;
      const room = Math.max(12, options.width - widthOf(head) - 5);
      return `  ${verdictPaint(paint, verdict)(head)}   ${paint.quiet(shortenMiddle(printable(detailOf(outcome)), room))}`;
    }),
  ];
}

function verdictOf(outcome: ModelOutcome): Verdict {
  return "result" in outcome ? outcome.result.verdict : "inconclusive";
}

function detailOf(outcome: ModelOutcome): string {
  if (!("result" in outcome)) return outcome.error.message;
  const { result } = outcome;
  const time = formatSeconds(result.summary.seconds);
  if (result.reason !== null) return `${time}   ${result.reason}`;
  return result.firstDivergence === null ? time : `${time}   first ${result.firstDivergence}`;
}
