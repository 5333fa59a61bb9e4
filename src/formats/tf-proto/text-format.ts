import { type ErrorPlace, formatError, type ParityError } from "../../errors.js";

/** A message in protobuf's text form: its fields in their order, repeated ones several times. */
export interface TextMessage {
  readonly fields: readonly (readonly [name: string, value: TextValue])[];
}

/** Bytes are a string literal; a token is a number, a truth value or an enum's name as it is written. */
export type TextValue = TextMessage | Uint8Array | string;

/** Messages in messages. Attributes of functions of a library are ten deep. */
const MAX_DEPTH = 100;
const TOKEN = /[^\s{}<>[\]:;,#"']+/y;
const BLANK = /(?:\s|#[^\n]*)*/y;

/**
 * Parses protobuf's text form (https://protobuf.dev/reference/protobuf/textformat-spec/): `name: value`, `name { … }`,
 * `name: [ … ]`, strings with escapes, comments. What the fields mean is the caller's. Throws FORMAT_INVALID with the line.
 */
export function parseTextFormat(text: string, file: string): TextMessage {
  const reader = new TextReader(text, file);
  return reader.message("", 0);
}

class TextReader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {}

  /** The fields up to `end` (`}`, `>`, or the end of the text for ""). */
  message(end: string, depth: number): TextMessage {
    if (depth > MAX_DEPTH) throw this.fail(`messages nested over ${MAX_DEPTH} deep`);
    const fields: (readonly [string, TextValue])[] = [];
    for (;;) {
      const next = this.peek();
      if (next === "" && end === "") return { fields };
      if (next === end) {
        this.at++;
        return { fields };
      }
      if (next === "") throw this.fail(`the file ends where ${end} belongs`);
      if (next === ";" || next === ",") {
        this.at++;
        continue;
      }
      const name = this.token();
      if (this.peek() === ":") this.at++;
      for (const value of this.values(depth)) fields.push([name, value]);
    }
  }

  private values(depth: number): TextValue[] {
    if (this.peek() !== "[") return [this.value(depth)];
    this.at++;
    const values: TextValue[] = [];
    for (;;) {
      const next = this.peek();
      if (next === "]") {
        this.at++;
        return values;
      }
      if (next === ",") this.at++;
      else values.push(this.value(depth));
    }
  }

  private value(depth: number): TextValue {
    const next = this.peek();
    if (next === "{" || next === "<") {
      this.at++;
      return this.message(next === "{" ? "}" : ">", depth + 1);
    }
    if (next !== '"' && next !== "'") return this.token();
    const parts: Uint8Array[] = [];
    // String literals that follow each other are one.
    for (let quote = next; quote === '"' || quote === "'"; quote = this.peek()) parts.push(this.literal(quote));
    return Buffer.concat(parts);
  }

  private literal(quote: string): Uint8Array {
    const pattern = quote === '"' ? /"((?:[^"\\\n]|\\[\s\S])*)"/y : /'((?:[^'\\\n]|\\[\s\S])*)'/y;
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) throw this.fail("a string without its end");
    this.at = pattern.lastIndex;
    return unescapeLiteral(found[1] ?? "");
  }

  private token(): string {
    TOKEN.lastIndex = this.at;
    const found = TOKEN.exec(this.text);
    if (found === null)
      throw this.fail(`${JSON.stringify(this.text[this.at] ?? "the end")} where a name or a value belongs`);
    this.at = TOKEN.lastIndex;
    return found[0];
  }

  /** The next character that counts; "" at the end. */
  private peek(): string {
    BLANK.lastIndex = this.at;
    BLANK.exec(this.text);
    this.at = BLANK.lastIndex;
    return this.text[this.at] ?? "";
  }

  private fail(what: string): ParityError {
    const line = this.text.slice(0, this.at).split("\n").length;
    const where: ErrorPlace = { file: this.file, line };
    return formatError(
      `${this.file}, line ${line}: ${what}`,
      where,
      "The file is no protobuf in text form; export it again.",
    );
  }
}

const SIMPLE: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** The bytes of a string literal: UTF-8, with \n, \", three octal digits, \x and two hexadecimal ones. */
function unescapeLiteral(literal: string): Uint8Array {
  if (!literal.includes("\\")) return Buffer.from(literal, "utf8");
  const bytes: number[] = [];
  const source = Buffer.from(literal, "utf8");
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] ?? 0;
    if (byte !== 0x5c) {
      bytes.push(byte);
      continue;
    }
    const rest = source.toString("latin1", i + 1, i + 4);
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
    const hex = /^[xX]([0-9a-fA-F]{1,2})/.exec(rest)?.[1];
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else bytes.push(SIMPLE[rest[0] ?? ""] ?? source[i + 1] ?? 0);
    i += octal !== undefined ? octal.length : hex !== undefined ? hex.length + 1 : 1;
  }
  return Uint8Array.from(bytes);
}
