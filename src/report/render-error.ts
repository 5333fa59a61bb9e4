import { type ErrorPlace, ParityError } from "../errors.js";
import { printable, printableLines } from "./printable.js";
import { shortenMiddle, wrapText } from "./terminal/fit-text.js";
import { createPaint } from "./terminal/paint.js";

export interface ErrorOptions {
  readonly color: boolean;
  readonly width: number;
}

/**
 * An error as a person reads it: the message, where it is, the longer detail indented, what to do next. An error that
 * is not a ParityError is a fault of parity itself: it keeps its stack and says so.
 */
export function renderError(error: Error, options: ErrorOptions): string {
  const paint = createPaint(options.color);
  const width = Math.max(40, options.width);
  const known = error instanceof ParityError;
  const message = printableLines(known ? error.message : `internal error: ${error.message}`);
  const [first = "", ...rest] = message.flatMap((line) => wrapText(line, width, 2));
  const lines = [`${paint.bad("✗")} ${paint.strong(first.trimStart())}`, ...rest];
  if (known && error.where !== undefined) {
    const where = describePlace(error.where, width - 2);
    if (where !== "") lines.push(`  ${paint.quiet("at")} ${paint.place(where)}`);
  }
  const detail = known ? error.detail : stackOf(error);
  if (detail !== undefined)
    lines.push("", ...printableLines(detail).map((line) => paint.quiet(`    ${line}`.trimEnd())), "");
  const hint = known ? error.hint : "this is a fault of parity itself, please report it with the lines above";
  if (hint !== undefined) lines.push(...hintLines(hint, width, paint.good));
  while (lines.at(-1) === "") lines.pop();
  return `${lines.join("\n")}\n`;
}

function hintLines(hint: string, width: number, paint: (text: string) => string): string[] {
  const [first = "", ...rest] = printableLines(hint).flatMap((line) => wrapText(line, width, 4));
  return [`  ${paint("→")} ${first.trimStart()}`, ...rest];
}

function describePlace(place: ErrorPlace, width: number): string {
  const line = place.line === undefined ? "" : `:${place.line}`;
  const parts: string[] = [];
  if (place.offset !== undefined) parts.push(`byte ${place.offset}`);
  if (place.key !== undefined) parts.push(`key ${printable(place.key)}`);
  const rest = parts.join(", ");
  if (place.file === undefined) return `${line === "" ? "" : `line ${place.line}${rest === "" ? "" : ", "}`}${rest}`;
  const room = Math.max(20, width - line.length - rest.length - 5);
  return `${shortenMiddle(printable(place.file), room)}${line}${rest === "" ? "" : `, ${rest}`}`;
}

/** The stack without the message, which stands above it already. */
function stackOf(error: Error): string | undefined {
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line));
  return frames === undefined || frames.length === 0 ? undefined : frames.map((line) => line.trim()).join("\n");
}
