import { describeTolerance, VERDICT_SIGNS, VERDICT_WORDS } from "../../../describe-pair.js";
import { formatError, formatShape, formatValue } from "../../../format-number.js";
import { accumulatedError, decidingMetrics, headline, localError } from "../../../pair-error.js";
import type { PairResult } from "../../../types.js";
import { code, prose } from "./escape.js";

/** One layer as Markdown, for an issue or a review. Pure. */
export function describePairMarkdown(pair: PairResult): string {
  const { reference, candidate } = pair;
  const local = localError(pair);
  const accumulated = accumulatedError(pair);
  const worst = decidingMetrics(pair)?.maxAbs ?? null;
  const source = candidate.source === null ? "" : ` at ${code(`${candidate.source.file}:${candidate.source.line}`)}`;
  const lines = [
    `**${VERDICT_SIGNS[pair.verdict]} ${VERDICT_WORDS[pair.verdict]}** ${code(pair.id)}, ${prose(headline(pair))}`,
    "",
    `- reference ${code(reference.name)}, ${formatShape(reference.shape)} ${prose(reference.dtype)}`,
    `- candidate ${prose(candidate.type)}${source}, ${formatShape(candidate.shape)} ${prose(candidate.dtype)}`,
    `- error (rms, in units of the reference's rms): local ${written(local)}, accumulated ${written(accumulated)}`,
    ...(worst === null
      ? []
      : [
          `- largest |error| ${formatError(worst.value)} at [${worst.index.join(", ")}]: ` +
            `reference ${formatValue(worst.reference)}, candidate ${formatValue(worst.candidate)}`,
        ]),
    `- tolerance: ${prose(describeTolerance(pair.tolerance))}`,
    ...(pair.smallestTolerance === null
      ? []
      : [`- the accumulated error would pass at atol = rtol = ${formatError(pair.smallestTolerance)}`]),
    ...(pair.note === null ? [] : [`- ${prose(pair.note)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function written(error: number | null): string {
  return error === null ? "–" : formatError(error);
}
