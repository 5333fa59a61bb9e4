// Control characters, and the marks that reorder or hide text. Names come from model files, which are hostile until
// parsed: an escape sequence in a tensor's name must not move the cursor, nor a right-to-left mark turn a line round.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line of text that is safe to print: everything that is not a visible character is shown as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code === 9 ? "  " : `\\u{${code.toString(16)}}`;
  });
}

/** The lines of a longer text (a traceback, a fix), each safe to print, without empty lines at either end. */
export function printableLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/).map((line) => printable(line).trimEnd());
  while (lines.length > 0 && lines[0] === "") lines.shift();
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  return lines;
}
