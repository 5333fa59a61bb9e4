/** Widest line of generated code, ruff's and black's habit. */
const WIDTH = 100;

/** Text as a comment, broken at spaces, further lines indented a little more. */
export function comment(text: string, indent: number): string[] {
  const room = WIDTH - indent - 2;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > room) {
      lines.push(line);
      line = `    ${word}`;
    } else line = line === "" && lines.length === 0 ? word : `${line} ${word}`;
  }
  if (line.trim() !== "") lines.push(line);
  return lines.map((one) => `${" ".repeat(indent)}# ${one}`.trimEnd());
}

/** A Python string. JSON's escapes are Python's. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (character) => `\\u${hex(character)}`);
}

/** The name `relative` in the scope whose name, with its slash, is in the variable `prefix`. */
export function prefixed(relative: string): string {
  const inside = quoted(relative).slice(1, -1).replaceAll("{", "{{").replaceAll("}", "}}");
  return `f"{prefix}${inside}"`;
}

/** `true` → `True`, text quoted, numbers as they are. */
export function literal(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "number" ? String(value) : quoted(value);
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0");
}

/** A call in one line, or with an argument a line where it would be too long. */
export function call(head: string, args: readonly string[], indent: number): string[] {
  const pad = " ".repeat(indent);
  const line = `${pad}${head}(${args.join(", ")})`;
  if (line.length <= WIDTH) return [line];
  return [`${pad}${head}(`, ...args.map((arg) => `${pad}    ${arg},`), `${pad})`];
}
