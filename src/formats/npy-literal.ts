import { type ErrorPlace, formatError } from "../errors.js";

/** What the header of an `.npy` file can hold: a Python literal. */
export type Literal = string | number | boolean | null | readonly Literal[] | ReadonlyMap<string, Literal>;

/** A header needs three levels (dict, descr list, field tuple); nested structured types a few more. */
const MAX_DEPTH = 16;

const TOKEN = /\s*(?:([{}[\](),:])|'([^'\\]*)'|"([^"\\]*)"|(-?\d+)L?|(True|False|None))/y;

/** Parses a Python literal (dict with text keys, tuple, list, text, integer, True, False, None). Throws FORMAT_INVALID. */
export function parseLiteral(text: string, where: ErrorPlace): Literal {
  const tokens = tokenize(text, where);
  let at = 0;
  const fail = (): never => {
    throw formatError(`the npy header is not a Python literal: ${JSON.stringify(text.slice(0, 120))}`, where);
  };
  const parseSequence = (closing: string, depth: number): Literal[] => {
    const items: Literal[] = [];
    while (tokens[at] !== closing) {
      items.push(parseValue(depth + 1));
      if (tokens[at] === ",") at += 1;
      else if (tokens[at] !== closing) fail();
    }
    at += 1;
    return items;
  };
  const parseDict = (depth: number): Literal => {
    const entries = new Map<string, Literal>();
    while (tokens[at] !== "}") {
      const key = parseValue(depth + 1);
      if (typeof key !== "string" || tokens[at] !== ":") return fail();
      at += 1;
      entries.set(key, parseValue(depth + 1));
      if (tokens[at] === ",") at += 1;
      else if (tokens[at] !== "}") fail();
    }
    at += 1;
    return entries;
  };
  const parseValue = (depth: number): Literal => {
    const token = tokens[at];
    if (depth > MAX_DEPTH || token === undefined) return fail();
    at += 1;
    if (typeof token !== "string") return token.value;
    if (token === "{") return parseDict(depth);
    if (token === "(") return parseSequence(")", depth);
    if (token === "[") return parseSequence("]", depth);
    return fail();
  };
  const value = parseValue(0);
  if (at !== tokens.length) fail();
  return value;
}

type Token = string | { readonly value: string | number | boolean | null };

function tokenize(text: string, where: ErrorPlace): Token[] {
  const source = text.trim();
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < source.length; ) {
    const match = TOKEN.exec(source);
    if (match === null) throw formatError(`the npy header has an unexpected character at ${at}`, where);
    at = TOKEN.lastIndex;
    const [, mark, single, double, integer, word] = match;
    if (mark !== undefined) tokens.push(mark);
    else if (integer !== undefined) tokens.push({ value: Number(integer) });
    else if (word !== undefined) tokens.push({ value: word === "None" ? null : word === "True" });
    else tokens.push({ value: single ?? double ?? "" });
  }
  return tokens;
}
