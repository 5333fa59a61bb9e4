import type { z } from "zod";
import { ParityError } from "../errors.js";
import { nearestWord } from "./nearest.js";
import { CONFIG_SCHEMA, EXPECTED, type FileConfig, KNOWN_KEYS, MODELS_SCHEMA } from "./schema.js";

type Issue = z.core.$ZodIssue;

interface Problem {
  readonly key: string;
  readonly message: string;
  readonly hint: string;
}

/**
 * Checks what a file exports. Throws CONFIG_INVALID that says file, key, what was expected and an example; the first problem
 * is the message, all others are in the detail.
 */
export function validateConfig(value: unknown, file: string): FileConfig {
  const several = typeof value === "object" && value !== null && "models" in value;
  const result = (several ? MODELS_SCHEMA : CONFIG_SCHEMA).safeParse(value);
  // The schema mirrors ParityConfig; zod only adds `| undefined` to optional fields, which the reader treats alike.
  if (result.success) return result.data as FileConfig;
  // A key that is missed is often there, misspelt: what is there is told first.
  const isMissing = (issue: Issue): boolean =>
    issue.code === "invalid_type" && valueAt(value, issue.path) === undefined;
  const issues = [...result.error.issues].sort((a, b) => Number(isMissing(a)) - Number(isMissing(b)));
  const problems = issues.flatMap((issue) => describeIssue(issue, [], value));
  const [first, ...others] = problems;
  if (first === undefined) throw new ParityError("CONFIG_INVALID", `${file} is not valid.`, { where: { file } });
  throw new ParityError("CONFIG_INVALID", `${file}: ${first.message}`, {
    where: { file, key: first.key },
    hint: first.hint,
    ...(others.length === 0 ? {} : { detail: others.map((one) => `${one.message} ${one.hint}`).join("\n") }),
  });
}

function describeIssue(issue: Issue, base: readonly PropertyKey[], value: unknown): Problem[] {
  const path = [...base, ...issue.path];
  const key = path.map(String).join(".");
  if (issue.code === "unrecognized_keys") return issue.keys.map((unknown) => describeUnknownKey(unknown, path));
  if (issue.code === "invalid_union") {
    // Of the forms a field may have, report on the one that the user meant: the one that got past its own type.
    const meant = issue.errors.find(
      (issues) => !issues.some((one) => one.path.length === 0 && one.code !== "unrecognized_keys"),
    );
    if (meant !== undefined && meant.length > 0) return meant.flatMap((one) => describeIssue(one, path, value));
  }
  const found = valueAt(value, path);
  return [bothOrNeither(path, value) ?? notYet(key, found) ?? describeWrongValue(path, key, found)];
}

function describeUnknownKey(unknown: string, path: readonly PropertyKey[]): Problem {
  const known = KNOWN_KEYS[placeOf(path)] ?? [];
  const prefix = path.length === 0 ? "" : `${path.map(String).join(".")}.`;
  const full = `${prefix}${unknown}`;
  const message = `"${full}" is not a known key.`;
  const nearest = nearestWord(unknown, known);
  if (nearest !== null) return { key: full, message, hint: `Did you mean "${prefix}${nearest}"?` };
  const elsewhere = Object.entries(KNOWN_KEYS).find(([place, keys]) => !place.includes("*") && keys.includes(unknown));
  if (elsewhere !== undefined) {
    const [place] = elsewhere;
    return {
      key: full,
      message,
      hint: `It belongs ${place === "" ? "at the top level" : `under "${place}"`}: ${place === "" ? "" : `${place}.`}${unknown}.`,
    };
  }
  return { key: full, message, hint: `Known keys here: ${known.join(", ")}.` };
}

/** Half a tolerance: torch's rule that atol and rtol go together, because the other half's default surprises people. */
function bothOrNeither(path: readonly PropertyKey[], value: unknown): Problem | null {
  const last = path.at(-1);
  if (last !== "atol" && last !== "rtol") return null;
  if (valueAt(value, path) !== undefined) return null;
  const key = path.slice(0, -1).map(String).join(".");
  const other = last === "atol" ? "rtol" : "atol";
  return {
    key,
    message: `"${key}" has ${other} but no ${last}: give both or neither.`,
    hint: `Example: { atol: 1e-5, rtol: 1e-4 }; use ${last}: 0 if you mean that.`,
  };
}

function notYet(key: string, found: unknown): Problem | null {
  if (key !== "precision" || typeof found !== "string") return null;
  return {
    key,
    message: `precision ${JSON.stringify(found)} is not supported yet.`,
    hint: 'Use "both" to compare in float32 and in float64, or leave it out: doubtful layers are settled in float64 by themselves.',
  };
}

function describeWrongValue(path: readonly PropertyKey[], key: string, found: unknown): Problem {
  let place = path;
  while (place.length > 0 && EXPECTED[placeOf(place)] === undefined) place = place.slice(0, -1);
  const expected = EXPECTED[placeOf(place)];
  if (expected === undefined) {
    return {
      key,
      message: `expected an object, found ${show(found)}.`,
      hint: 'Example: { reference: "model.ckpt", candidate: "port.py:build" }',
    };
  }
  const where =
    place.length === path.length
      ? `"${key}" must be ${expected.what}`
      : `"${key}" does not fit: "${placeOf(place)}" takes ${expected.what}`;
  return { key, message: `${where}, found ${show(found)}.`, hint: `Example: ${expected.example}` };
}

/** Where the user chooses the keys, or there is a list. */
const WITH_OWN_KEYS: ReadonlySet<string> = new Set(["tolerances", "perDType", "levels", "waivers"]);

/** The path as `KNOWN_KEYS` and `EXPECTED` write it: keys that the user chooses are `*`. */
function placeOf(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path.map(String);
  if (first === undefined) return "";
  // What stands under the name of one of several models is what may stand at the top.
  if (first === "models" && rest.length > 0) return rest.length === 1 ? "" : placeOf(path.slice(2));
  if (WITH_OWN_KEYS.has(first) && rest.length > 0) return [first, "*", ...rest.slice(1)].join(".");
  return [first, ...rest].join(".");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== "object" || inner === null || !Object.hasOwn(inner, key)) return undefined;
    inner = Reflect.get(inner, key);
  }
  return inner;
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
