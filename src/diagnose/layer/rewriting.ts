import type { SourcePlace } from "../../recording/types.js";
import type { RewriteRule } from "../types.js";

/** What may stand between a call's parentheses, parentheses three deep included. */
export const ARGUMENTS = "(?:[^()]|\\((?:[^()]|\\((?:[^()]|\\([^()]*\\))*\\))*\\))*";
/** One argument: a name, an attribute, an item, a call of one. */
export const ONE_ARGUMENT = `[\\w.]+(?:\\[[^\\]]*\\])*(?:\\(${ARGUMENTS}\\))?`;

export interface Replacement {
  readonly find: string;
  readonly replace: string;
}

/** The rule for a line, null where the line is not known. */
export function rule(source: SourcePlace | null, ...replacements: readonly Replacement[]): RewriteRule | null {
  return source === null || replacements.length === 0 ? null : { source, replacements };
}

/** A regular expression for a number in whatever way it is written: 1e-5, 1e-05, 0.00001, 1.0E-5. */
export function numberPattern(value: number): string {
  const size = Math.abs(value);
  const [digits = "0", power = "0"] = size.toExponential().split("e");
  const exponent = Number(power);
  const mantissa = digits.includes(".") ? `${quote(digits)}0*` : `${digits}(?:\\.0*)?`;
  const forms = [`${mantissa}[eE]${exponent < 0 ? "-" : "\\+?"}0*${Math.abs(exponent)}`];
  const plain = size.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 20 });
  forms.push(plain.includes(".") ? `${quote(plain).replace(/^0/, "0?")}0*` : `${plain}(?:\\.0*)?`);
  return `(?<![\\w.])${value < 0 ? "-\\s*" : ""}(?:${forms.join("|")})(?![\\w.])`;
}

/** Sets a keyword argument that the line has, in whatever call. */
export function setKeyword(name: string, value: string): Replacement {
  const written = `(?:-?\\d[\\d.]*(?:[eE][-+]?\\d+)?|"[^"]*"|'[^']*'|${ONE_ARGUMENT})`;
  return { find: `\\b${name}\\s*=\\s*${written}`, replace: `${name}=${value}` };
}

/** Adds a keyword argument to the call of a function (the last part of its name). */
export function addKeyword(fn: string, name: string, value: string): Replacement[] {
  return [
    { find: `\\b(${fn})\\(\\s*\\)`, replace: `$1(${name}=${value})` },
    { find: `(\\b${fn}\\(${ARGUMENTS}(?<=[^\\s,(]))\\s*,?\\s*\\)`, replace: `$1, ${name}=${value})` },
  ];
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
