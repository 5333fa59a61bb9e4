import type { z } from "zod";
import { ParityError } from "../errors.js";
import { resultSchema } from "./schema.js";
import { type CheckResult, RESULT_SCHEMA_VERSION } from "./types.js";

/**
 * The result as `report.json`: indented, a newline at the end; Infinity and NaN as strings, as the schema says. Each layer's
 * detail is one line: a number to a line would treble the file, and nobody reads cells.
 */
export function renderJson(result: CheckResult): string {
  const { details, ...rest } = result;
  const text = JSON.stringify({ ...rest, details: [] }, (_key, value: unknown) => spellOut(value), 2);
  if (details.length === 0) return `${text}\n`;
  const lines = details.map((one) => `    ${JSON.stringify(one, (_key, value: unknown) => spellOut(value))}`);
  return `${text.slice(0, -EMPTY_END.length)}"details": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

/** Anything else that is printed as JSON: several results, a shard. Numbers are spelled as in `report.json`. */
export function renderJsonObject(value: object): string {
  return `${JSON.stringify(value, (_key, one: unknown) => spellOut(one), 2)}\n`;
}

/** How the text ends where the last key holds an empty list. */
const EMPTY_END = '"details": []\n}';

/**
 * Reads `report.json` back, with its numbers restored. Keys that this version does not know are left out.
 * Throws FORMAT_INVALID when it is no such file, FORMAT_UNSUPPORTED when another schema version wrote it.
 */
export function parseResult(text: string, file = "report.json"): CheckResult {
  const data = parseText(text, file);
  const version = isObject(data) ? data.schemaVersion : undefined;
  if (typeof version === "number" && version !== RESULT_SCHEMA_VERSION) {
    throw new ParityError(
      "FORMAT_UNSUPPORTED",
      `this report has schema version ${version}; version ${RESULT_SCHEMA_VERSION} is read here`,
      {
        where: { file, key: "schemaVersion" },
        hint: "run `parity check` again, or read it with the parity that wrote it",
      },
    );
  }
  const parsed = resultSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw contractError(parsed.error, file);
}

function spellOut(value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function parseText(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParityError("FORMAT_INVALID", `not JSON: ${why}`, {
      where: { file },
      hint: "expected the report.json that `parity check` writes",
      cause,
    });
  }
}

function contractError(error: z.ZodError, file: string): ParityError {
  const [first] = error.issues;
  const key = first?.path.map(String).join(".") ?? "";
  const more = error.issues.length - 1;
  const others = more > 0 ? ` (and ${more} more like it)` : "";
  return new ParityError(
    "FORMAT_INVALID",
    `not a result of parity check: ${first?.message ?? "unknown fault"}${others}`,
    {
      where: key === "" ? { file } : { file, key },
      hint: "`parity schema` prints the contract of report.json",
      cause: error,
    },
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
