import { readFileSync } from "node:fs";
import { join } from "node:path";
import { IS_CHECKOUT, ROOT } from "./paths.mjs";

/** TensorFlow is what the addon is linked against and what the examples are saved with; the rest only tests and lint need. */
const EXTRAS = IS_CHECKOUT ? ["tensorflow", "test"] : ["tensorflow"];

/** @returns {string[]} what `.venv` has to hold, as pip takes it: `["torch==2.13.0", …]` */
export function readRequirements() {
  const toml = readFileSync(join(ROOT, "harness", "pyproject.toml"), "utf8");
  return [
    ...readStringList(toml, "project", "dependencies"),
    ...EXTRAS.flatMap((extra) => readStringList(toml, "project.optional-dependencies", extra)),
  ];
}

/**
 * One list of strings out of a TOML file. Node has no TOML reader and set-up runs before there are packages; this reads
 * the form that pyproject.toml uses (strings without escapes) and throws on anything else.
 * @param {string} toml
 * @param {string} table
 * @param {string} key
 * @returns {string[]}
 */
export function readStringList(toml, table, key) {
  const lines = toml.split(/\r?\n/);
  const start = lines.findIndex((line) => line.trim() === `[${table}]`);
  if (start < 0) throw new Error(`pyproject.toml has no table [${table}]`);
  const length = lines.slice(start + 1).findIndex((line) => /^\s*\[[\w."-]+\]\s*$/.test(line));
  const body = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
  const opening = new RegExp(`^\\s*"?${key}"?\\s*=\\s*\\[`, "m").exec(body);
  if (opening === null) throw new Error(`pyproject.toml has no list ${key} in [${table}]`);
  return readStrings(body.slice(opening.index + opening[0].length), key);
}

/**
 * @param {string} text what follows the opening bracket
 * @param {string} key
 */
function readStrings(text, key) {
  /** @type {string[]} */
  const found = [];
  const token = /\s+|,|#[^\n]*|"([^"\\\n]*)"|'([^'\n]*)'|\]/y;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === "]") return found;
    const string = match[1] ?? match[2];
    if (string !== undefined) found.push(string);
  }
  throw new Error(`pyproject.toml: ${key} is not a plain list of strings`);
}
