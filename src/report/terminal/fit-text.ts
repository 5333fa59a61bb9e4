/**
 * Breaking and shortening of plain text. Widths are in code points; styles are applied afterwards.
 */

/** Number of columns that a plain text takes. */
export function widthOf(text: string): number {
  return [...text].length;
}

/** The text padded with spaces on the right to `width` columns. */
export function padRight(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** The text padded with spaces on the left to `width` columns. */
export function padLeft(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - widthOf(text))) + text;
}

/** Keeps both ends of a name or path, which tell the most, and replaces what is between by `…`. */
export function shortenMiddle(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  if (width <= 1) return "…".slice(0, Math.max(0, width));
  const tail = Math.ceil((width - 1) / 2);
  const head = width - 1 - tail;
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - tail).join("")}`;
}

/**
 * Breaks text at spaces into lines of at most `width` columns, all indented by `indent`. A word that is longer than a
 * line keeps a line of its own: cutting a path or an expression would make it useless to copy.
 */
export function wrapText(text: string, width: number, indent: number): string[] {
  return wrapPieces(text.split(" ").filter(Boolean), " ", width, indent, indent);
}

/** Joins pieces by `separator`, beginning a new line where the next piece does not fit; the pieces themselves stay whole. */
export function wrapPieces(
  pieces: readonly string[],
  separator: string,
  width: number,
  firstIndent: number,
  indent: number,
): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of pieces) {
    const room = width - (lines.length === 0 ? firstIndent : indent);
    if (line === "") line = piece;
    else if (widthOf(line) + widthOf(separator) + widthOf(piece) <= room) line += separator + piece;
    else {
      lines.push(line);
      line = piece;
    }
  }
  if (line !== "") lines.push(line);
  return lines.map((text, at) => " ".repeat(at === 0 ? firstIndent : indent) + text);
}
