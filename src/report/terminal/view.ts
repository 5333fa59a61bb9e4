import { printable } from "../printable.js";
import { shortenMiddle, widthOf, wrapText } from "./fit-text.js";
import type { Paint } from "./paint.js";

/** What every part of the terminal view needs: how wide, in which colours, and how much. */
export interface View {
  readonly paint: Paint;
  readonly width: number;
  readonly verbose: boolean;
}

/** The column at which the text of a labelled line begins: `  fix      …`. */
const LABEL_WIDTH = 9;

/** `indent` + label + text, wrapped under the text. The label is quiet. */
export function labelled(view: View, indent: number, label: string, text: string): string[] {
  const gap = Math.max(LABEL_WIDTH, widthOf(label) + 2);
  const lines = wrapText(printable(text), view.width, indent + gap);
  return lines.map((line, at) => {
    if (at > 0) return line;
    return `${" ".repeat(indent)}${view.paint.quiet(label)}${" ".repeat(gap - widthOf(label))}${line.trimStart()}`;
  });
}

/** A file and line as editors understand it, the path shortened in the middle where it does not fit. */
export function placeText(place: { readonly file: string; readonly line: number }, room: number): string {
  const line = `:${place.line}`;
  return shortenMiddle(printable(place.file), Math.max(12, room - widthOf(line))) + line;
}
