import { formatError } from "../../errors.js";
import { encodeFields } from "./encode-text.js";
import { type Kind, MESSAGES } from "./message-tables.js";
import type { TextMessage, TextValue } from "./text-format.js";

/** Messages in messages, as in text form. */
const MAX_DEPTH = 100;

/**
 * The binary form of a message in protobuf's JSON form (https://protobuf.dev/programming-guides/json/): names in camel case,
 * bytes in base64, whole numbers as text or numbers. Fields that the running of a graph does not need are left out. Throws
 * FORMAT_INVALID with the field that does not hold what it should.
 */
export function encodeJsonMessage(value: unknown, message: string, file: string): Uint8Array {
  return encodeFields(messageOf(value, message, message, file, 0), message, file);
}

function messageOf(value: unknown, message: string, place: string, file: string, depth: number): TextMessage {
  if (depth > MAX_DEPTH) throw formatError(`${file}: ${place}: messages nested over ${MAX_DEPTH} deep`, { file });
  const known = MESSAGES[message] ?? {};
  const fields: (readonly [string, TextValue])[] = [];
  for (const [name, given] of Object.entries(objectOf(value, place, file))) {
    const own = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const field = known[own] ?? known[name];
    if (field === undefined || given === null) continue;
    const key = known[own] === undefined ? name : own;
    for (const one of valuesOf(given, field[1], `${place}.${name}`, file, depth)) fields.push([key, one]);
  }
  return { fields };
}

function valuesOf(given: unknown, kind: Kind, place: string, file: string, depth: number): TextValue[] {
  if (kind.startsWith("map:")) {
    const inner = kind.slice("map:".length) as Kind;
    return Object.entries(objectOf(given, place, file)).map(([key, value]) => ({
      fields: [
        ["key", Buffer.from(key, "utf8")],
        ["value", scalarOrMessage(value, inner, `${place}[${key}]`, file, depth)],
      ],
    }));
  }
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  return all.map((one) => scalarOrMessage(one, kind, place, file, depth));
}

function scalarOrMessage(value: unknown, kind: Kind, place: string, file: string, depth: number): TextValue {
  if (kind.startsWith("@")) return messageOf(value, kind.slice(1), place, file, depth + 1);
  if (kind === "text" || kind === "bytes") {
    if (typeof value !== "string") throw formatError(`${file}: ${place} does not hold text`, { file, key: place });
    return Buffer.from(value, kind === "bytes" ? "base64" : "utf8");
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw formatError(`${file}: ${place} does not hold a number, a truth value or a name`, { file, key: place });
}

function objectOf(value: unknown, place: string, file: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw formatError(`${file}: ${place} is no object`, { file, key: place }, "Convert the model again.");
}
