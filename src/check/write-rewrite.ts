import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Finding, Rewrite, RewriteRule } from "../diagnose/types.js";

/** Source files beyond this size are not read for the sake of one line. */
const MAX_SOURCE_BYTES = 4 * 2 ** 20;

/** A finding with its fix as a change of the user's own line, where the line has what is to be changed. */
export function withRewrite(finding: Finding, rule: RewriteRule | null | undefined): Finding {
  return rule === null || rule === undefined ? finding : { ...finding, rewrite: makeRewrite(rule, readLine) };
}

/** The changed line; null when the line is not to be had or no pattern occurs in it exactly once. */
export function makeRewrite(rule: RewriteRule, read: (file: string, line: number) => string | null): Rewrite | null {
  const before = read(rule.source.file, rule.source.line);
  if (before === null) return null;
  for (const { find, replace } of rule.replacements) {
    const pattern = new RegExp(find, "g");
    if ([...before.matchAll(pattern)].length !== 1) continue;
    const after: string = before.replace(pattern, replace);
    if (after !== before) return { file: rule.source.file, line: rule.source.line, before, after };
  }
  return null;
}

function readLine(file: string, line: number): string | null {
  const path = resolve(file);
  if (!existsSync(path) || statSync(path).size > MAX_SOURCE_BYTES) return null;
  return readFileSync(path, "utf8").split(/\r?\n/)[line - 1] ?? null;
}
