// What XML 1.0 allows in a document (production 2, Char); the u flag makes a lone surrogate one that it does not.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** A start of an element, its content and its end. Attributes that are null are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | null>>,
  content: readonly string[] = [],
): string {
  const written = Object.entries(attributes).map(([key, value]) =>
    value === null ? "" : ` ${key}="${escapeAttribute(String(value))}"`,
  );
  const start = `<${name}${written.join("")}`;
  if (content.length === 0) return `${start}/>`;
  return content.every((line) => line.startsWith("<"))
    ? `${start}>\n${content.join("\n")}\n</${name}>`
    : `${start}>${content.join("\n")}</${name}>`;
}

/** Text between elements. What XML forbids is left out: it cannot be written there in any way. */
export function escapeText(text: string): string {
  return text.replace(FORBIDDEN, "").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Line ends and tabs of an attribute's value would be read as spaces. */
function escapeAttribute(text: string): string {
  return escapeText(text)
    .replaceAll('"', "&quot;")
    .replace(/[\n\r\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}
