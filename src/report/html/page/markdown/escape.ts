/** Characters with which Markdown or the HTML in it begins something. */
const SPECIAL = /[\\`*_{}[\]<>#|~!&$@]/g;

/** Text that stays text wherever Markdown is shown: names come from model files. Lines become one. */
export function prose(text: string): string {
  return oneLine(text).replace(SPECIAL, (character) => `\\${character}`);
}

/** A name or value as code, whatever backticks it has (CommonMark, code spans). */
export function code(text: string): string {
  const line = oneLine(text);
  if (line === "") return "";
  const fence = "`".repeat(longestRun(line) + 1);
  const padded = line.startsWith("`") || line.endsWith("`") ? ` ${line} ` : line;
  return `${fence}${padded}${fence}`;
}

/** Code of several lines (CommonMark, fenced code blocks). */
export function block(text: string, language: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Code in a cell of a table, where a bar ends the cell even inside of code. */
export function codeCell(text: string): string {
  return code(text).replaceAll("|", "\\|");
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n\u2028\u2029]+\s*/g, " ").trim();
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
