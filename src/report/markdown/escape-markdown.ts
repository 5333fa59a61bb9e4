/** What Markdown or HTML would read as markup, and `@`, which would call people. */
const MARKUP = /[\\`*_{}[\]()#+!|<>~&@$]/g;

/** A sentence as plain text of one line: nothing in it is markup, a link, HTML or a mention. */
export function plainText(text: string): string {
  return oneLine(text).replace(MARKUP, (character) => `&#${character.charCodeAt(0)};`);
}

/** A name as code, whatever backticks it has. A bar would end the cell of a table even in code: it is shown as a broken bar. */
export function codeSpan(text: string): string {
  const content = oneLine(text).replaceAll("|", "¦");
  const fence = "`".repeat(longestRun(content) + 1);
  return `${fence}${fence.length > 1 || /^\s|\s$/.test(content) || content === "" ? ` ${content} ` : content}${fence}`;
}

/** Several lines of code, whatever fences they have. */
export function codeBlock(text: string, language: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n\u2028\u2029]+\s*/g, " ").replace(/\p{Cc}/gu, "\ufffd");
}
