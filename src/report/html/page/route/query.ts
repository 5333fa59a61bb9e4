import type { PairResult } from "../../../types.js";

/**
 * What narrows the layers: words that names must have (`attn`, `"ln 1"`), fields (`verdict:mismatch`, `type:Linear`) and either with a
 * minus for its opposite. Several values of a field are alternatives (`verdict:mismatch,not-compared`), several terms must all
 * hold. Pure.
 */
export interface Term {
  /** Null for a word. */
  readonly field: Field | null;
  readonly values: readonly string[];
  readonly not: boolean;
}

export const FIELDS = ["verdict", "module", "type", "reference", "matched", "is"] as const;
export type Field = (typeof FIELDS)[number];

/** An optional minus, an optional field, then quoted text (perhaps not yet closed) or anything up to the next space. */
const TERM = /(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S*))/giu;

/** Terms of a query. A word before a colon that is no field belongs to the text: names have colons (`model/add:0`). */
export function parseQuery(text: string): Term[] {
  return termsOf(text).map(([, minus = "", name, quoted, plain = ""]) => {
    const value = quoted ?? plain;
    const not = minus === "-";
    const field = FIELDS.find((one) => one === name?.toLowerCase()) ?? null;
    if (field === null) return { field, not, values: [name === undefined ? value : `${name}:${value}`] };
    return { field, not, values: quoted === undefined ? value.split(",").filter((one) => one !== "") : [value] };
  });
}

/** Whether a pair passes every term. `first` is the id of the first divergence. */
export function passes(pair: PairResult, terms: readonly Term[], first: string | null): boolean {
  return terms.every((term) => {
    // A field that is still being typed hides nothing yet.
    if (term.values.every((value) => value === "")) return true;
    return term.values.some((value) => holds(pair, term.field, value.toLowerCase(), first)) !== term.not;
  });
}

function holds(pair: PairResult, field: Field | null, value: string, first: string | null): boolean {
  const { reference, candidate } = pair;
  switch (field) {
    case null:
      return `${pair.id} ${reference.name} ${candidate.name} ${candidate.type}`.toLowerCase().includes(value);
    case "verdict":
      return pair.verdict.startsWith(value);
    case "module":
      return candidate.name.toLowerCase().includes(value) || pair.id.toLowerCase().includes(value);
    case "type":
      return candidate.type.toLowerCase().includes(value);
    case "reference":
      return `${reference.name} ${reference.tensor ?? ""}`.toLowerCase().includes(value);
    case "matched":
      return pair.matchedBy.startsWith(value);
    case "is":
      return (value === "output" && pair.isOutput) || (value === "first" && pair.id === first);
  }
}

/** The query with this field set to this value alone, or without the field when that is what it said already. */
export function toggleField(text: string, field: Field, value: string): string {
  const others = termsOf(text)
    .map(([term]) => term)
    .filter((term) => !isTermOf(term, field));
  const had = parseQuery(text).some(
    (term) => term.field === field && !term.not && term.values.length === 1 && term.values[0] === value,
  );
  return [...others, ...(had ? [] : [`${field}:${value}`])].join(" ");
}

function termsOf(text: string): RegExpExecArray[] {
  return [...text.matchAll(TERM)].filter(([term]) => term !== "");
}

function isTermOf(term: string, field: Field): boolean {
  return parseQuery(term).some((one) => one.field === field);
}
