import { formatCount, formatError } from "./format-number.js";
import { printable } from "./printable.js";
import { wrapText } from "./terminal/fit-text.js";
import { createPaint } from "./terminal/paint.js";

/** What `renderVerified` shows; see `VerifiedGolden`. */
export interface VerifiedFigures {
  readonly holds: boolean;
  readonly reasons: readonly string[];
  readonly compared: number;
  readonly identical: number;
  readonly worst: { readonly tensor: string; readonly case: string; readonly relative: number } | null;
}

/** Whether a golden still holds, and by what. A newline at the end. */
export function renderVerified(
  path: string,
  { holds, reasons, compared, identical, worst }: VerifiedFigures,
  options: { readonly color: boolean; readonly width: number },
): string {
  const paint = createPaint(options.color);
  const counts =
    compared === 0
      ? ""
      : identical === compared
        ? `all ${formatCount(compared, "tensor")} bit for bit the same`
        : `${identical} of ${formatCount(compared, "tensor")} bit for bit the same, the rest ${holds ? "within rounding" : "not all within rounding"}`;
  const head = `${holds ? "the golden holds" : "the golden does not hold"} · ${printable(path)}${counts === "" ? "" : ` · ${counts}`}`;
  const paintSign = holds ? paint.good : paint.bad;
  return [
    `${paintSign(holds ? "✓" : "✗")} ${paint.strong(head)}`,
    ...(worst === null
      ? []
      : [
          paint.quiet(
            `  worst   ${printable(worst.tensor)} in case ${worst.case}, relative error ${formatError(worst.relative)}`,
          ),
        ]),
    ...reasons.flatMap((reason) => wrapText(printable(reason), options.width, 2)),
    "",
  ].join("\n");
}
