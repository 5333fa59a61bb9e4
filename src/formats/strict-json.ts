import { type ErrorPlace, formatError } from "../errors.js";
import { MAX_JSON_DEPTH } from "./limits.js";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Parses UTF-8 JSON that comes from a model file. Beyond `JSON.parse`, text that is not UTF-8, nesting beyond
 * `MAX_JSON_DEPTH` and repeated keys (of which `JSON.parse` silently keeps the last) are FORMAT_INVALID.
 * @param what names the text in messages: "the safetensors header"
 */
export function parseStrictJson(bytes: Uint8Array, what: string, where: ErrorPlace): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw formatError(`${what} is not UTF-8 text`, where);
  }
  checkNestingAndKeys(text, what, where);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw formatError(`${what} is not valid JSON: ${cause instanceof Error ? cause.message : cause}`, where);
  }
}

/** True for a JSON object, not for an array or null. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkNestingAndKeys(text: string, what: string, where: ErrorPlace): void {
  // One entry per open bracket: the keys seen in an object, null for an array.
  const open: (Set<string> | null)[] = [];
  let expectKey = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        const keys = open.at(-1);
        if (expectKey && keys) {
          const key = decodeKey(text.slice(at, end + 1));
          if (keys.has(key)) throw formatError(`${what} has the key ${JSON.stringify(key)} twice`, { ...where, key });
          keys.add(key);
          expectKey = false;
        }
        at = end;
        break;
      }
      case 0x7b: // {
        open.push(new Set());
        expectKey = true;
        break;
      case 0x5b: // [
        open.push(null);
        expectKey = false;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        expectKey = false;
        break;
      case 0x2c: // ,
        expectKey = open.at(-1) instanceof Set;
        break;
    }
    if (open.length > MAX_JSON_DEPTH) {
      throw formatError(`${what} nests deeper than ${MAX_JSON_DEPTH} levels`, where);
    }
  }
}

/** Index of the quote that closes the string opened at `start`; the text's end when none does. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

/** The key that a JSON string spells, so that `"a"` and `"\u0061"` count as one; malformed strings are left to JSON.parse. */
function decodeKey(quoted: string): string {
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}
