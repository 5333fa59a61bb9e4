import { OTHER_SHAPE, type RegionView, SAME_NUMBERS } from "./region-view.js";
import type { OriginalOp } from "./types.js";

/** A product of powers of atoms: tensors by name, variables as `@key`. */
export interface Term {
  readonly coefficient: number;
  readonly powers: ReadonlyMap<string, number>;
}

/** A sum of terms, by the text of their powers. */
export type Polynomial = ReadonlyMap<string, Term>;

/** Formulas that people write down are shorter. */
const MOST_TERMS = 16;
const MOST_DEPTH = 24;
const MOST_TENSORS = 96;

/**
 * A tensor as a polynomial in the given tensors and in stored variables, in whatever order and with whatever brackets it
 * was written; exponents may be negative. Null when something else goes into it.
 */
export function polynomialOver(
  view: RegionView,
  tensor: string,
  atoms: ReadonlySet<string>,
  depth = 0,
): Polynomial | null {
  if (atoms.has(tensor)) return atom(tensor);
  const scalar = view.scalar(tensor);
  if (scalar !== null) return termsOf([{ coefficient: scalar.value, powers: new Map() }]);
  const key = view.variable(tensor);
  if (key !== null) return atom(`@${key}`);
  const op = view.producer(tensor);
  if (op === undefined || depth > MOST_DEPTH) return null;
  const of = (input: string | undefined): Polynomial | null =>
    input === undefined ? null : polynomialOver(view, input, atoms, depth + 1);
  if (SAME_NUMBERS.has(op.op) || OTHER_SHAPE.has(op.op)) return of(op.inputs[0]);
  return combine(view, op, of);
}

function combine(
  view: RegionView,
  op: OriginalOp,
  of: (input: string | undefined) => Polynomial | null,
): Polynomial | null {
  const a = of(op.inputs[0]);
  if (a === null) return null;
  switch (op.op) {
    case "Neg":
      return scale(a, -1);
    case "Square":
      return multiply(a, a);
    case "Reciprocal":
    case "Inv":
      return invert(a);
    case "Pow":
      return power(a, view.scalar(op.inputs[1])?.value ?? null);
    case "AddN":
      return op.inputs.slice(1).reduce<Polynomial | null>((sum, input) => add(sum, of(input)), a);
  }
  const b = of(op.inputs[1]);
  if (b === null) return null;
  switch (op.op) {
    case "Add":
    case "AddV2":
    case "BiasAdd":
      return add(a, b);
    case "Sub":
      return add(a, scale(b, -1));
    case "Mul":
      return multiply(a, b);
    case "SquaredDifference": {
      const difference = add(a, scale(b, -1));
      return difference === null ? null : multiply(difference, difference);
    }
    case "RealDiv":
    case "Div": {
      const inverse = invert(b);
      return inverse === null ? null : multiply(a, inverse);
    }
    default:
      return null;
  }
}

/** Everything that is computed from a tensor and the other atoms alone, in execution order, with its polynomial. */
export function computedFrom(
  view: RegionView,
  start: string,
  atoms: ReadonlySet<string>,
): { readonly tensor: string; readonly polynomial: Polynomial }[] {
  const found = new Map<string, Polynomial>();
  const seen = new Set<string>();
  const queue = [start];
  for (let at = 0; at < queue.length && seen.size < MOST_TENSORS; at++) {
    const tensor = queue[at] as string;
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    const polynomial = polynomialOver(view, tensor, atoms);
    if (polynomial === null) continue;
    const op = view.producer(tensor);
    // A formula ends with arithmetic; what is handed on or reshaped behind it does not belong to it.
    if (op === undefined || !(SAME_NUMBERS.has(op.op) || OTHER_SHAPE.has(op.op))) found.set(tensor, polynomial);
    for (const reader of view.readers(tensor)) if (reader.outputs.length === 1) queue.push(`${reader.node}:0`);
  }
  return [...found].map(([tensor, polynomial]) => ({ tensor, polynomial }));
}

/** The coefficient of a product of powers, 0 where the polynomial has no such term. */
export function coefficientOf(polynomial: Polynomial, powers: Readonly<Record<string, number>>): number {
  return polynomial.get(keyOf(new Map(Object.entries(powers))))?.coefficient ?? 0;
}

/** Whether a polynomial is the sum of the given terms and of nothing else, to a relative error of 1e-4. */
export function isSum(
  polynomial: Polynomial | null,
  ...terms: readonly (readonly [coefficient: number, powers: Readonly<Record<string, number>>])[]
): boolean {
  if (polynomial === null || polynomial.size !== terms.length) return false;
  return terms.every(([wanted, powers]) => isNear(coefficientOf(polynomial, powers), wanted));
}

export function isNear(value: number, wanted: number, relative = 1e-4): boolean {
  return Math.abs(value - wanted) <= relative * Math.abs(wanted);
}

function atom(name: string): Polynomial {
  return termsOf([{ coefficient: 1, powers: new Map([[name, 1]]) }]);
}

function keyOf(powers: ReadonlyMap<string, number>): string {
  return [...powers]
    .map(([name, exponent]) => `${name}^${exponent}`)
    .sort()
    .join(" ");
}

function termsOf(terms: Iterable<Term>): Polynomial {
  const sum = new Map<string, Term>();
  for (const term of terms) {
    const key = keyOf(term.powers);
    const coefficient = term.coefficient + (sum.get(key)?.coefficient ?? 0);
    if (coefficient === 0) sum.delete(key);
    else sum.set(key, { coefficient, powers: term.powers });
  }
  return sum;
}

function scale(a: Polynomial, factor: number): Polynomial {
  return termsOf([...a.values()].map((term) => ({ ...term, coefficient: term.coefficient * factor })));
}

function add(a: Polynomial | null, b: Polynomial | null): Polynomial | null {
  return a === null || b === null || a.size + b.size > MOST_TERMS ? null : termsOf([...a.values(), ...b.values()]);
}

function multiply(a: Polynomial, b: Polynomial): Polynomial | null {
  if (a.size * b.size > MOST_TERMS) return null;
  return termsOf([...a.values()].flatMap((x) => [...b.values()].map((y) => multiplyTerms(x, y))));
}

function multiplyTerms(x: Term, y: Term): Term {
  const powers = new Map(x.powers);
  for (const [name, exponent] of y.powers) {
    const sum = (powers.get(name) ?? 0) + exponent;
    if (sum === 0) powers.delete(name);
    else powers.set(name, sum);
  }
  return { coefficient: x.coefficient * y.coefficient, powers };
}

function invert(a: Polynomial): Polynomial | null {
  const [term] = a.values();
  if (term === undefined || a.size !== 1 || term.coefficient === 0) return null;
  const powers = new Map([...term.powers].map(([name, exponent]) => [name, -exponent]));
  return termsOf([{ coefficient: 1 / term.coefficient, powers }]);
}

function power(a: Polynomial, exponent: number | null): Polynomial | null {
  if (exponent === null || !Number.isInteger(exponent) || exponent < 1 || exponent > 8) return null;
  let result: Polynomial | null = a;
  for (let i = 1; i < exponent && result !== null; i++) result = multiply(result, a);
  return result;
}
