import { alignTaps } from "../align/align-taps.js";
import type { Alignment, Pair, Unmatched } from "../align/types.js";
import { ParityError } from "../errors.js";
import { type CaseMetrics, comparePair, type TwoSides } from "./compare-pairs.js";
import { viewReference } from "./reference-view.js";
import type { Sides } from "./run-sides.js";

/** A pair with its accumulated error in every case. */
export interface ComparedPair {
  readonly pair: Pair;
  readonly accumulated: readonly CaseMetrics[];
}

export interface SettledPairs {
  readonly compared: readonly ComparedPair[];
  /** Pairs whose tensors turned out not to be the same quantity, with the reason. */
  readonly rejected: readonly (ComparedPair & { readonly why: string })[];
  readonly unmatched: Alignment["unmatched"];
}

/** Pairs less sure than this must also agree in their values. */
const SURE = 0.9;
/** Two tensors further apart than this (relative L2) before any divergence are not the same quantity. */
const SAME_QUANTITY = 0.05;
/** Agreement of the free run that only the same function gives; rounding through a hundred layers stays far below. */
const AGREES = 1e-5;
/** A wrong tap is plainly another tensor, not one that is a little off. */
const PLAINLY_OFF = 1e-3;

/** Aligns the two recordings, compares them as they ran freely, and drops pairs that the values disprove. */
export function settlePairs(sides: Sides, two: TwoSides, map: Readonly<Record<string, string>>): SettledPairs {
  const alignment = alignTaps({
    reference: sides.reference.taps,
    candidate: sides.free.taps,
    ...viewReference(sides.original),
    modules: sides.description.modules.map((module) => ({
      path: module.path,
      type: module.class,
      parameters: parametersOf(sides, module.path),
    })),
    weights: withTied(sides),
    map,
  });
  checkMap(map, alignment, sides);
  const cases = sides.cases.map((one) => one.id);
  const all = alignment.pairs.map((pair) => ({ pair, accumulated: comparePair(two, pair, cases, null) }));
  const outputs = new Set(sides.free.taps.filter((tap) => tap.isOutput).map((tap) => tap.id));
  const compared: ComparedPair[] = [];
  const rejected: (ComparedPair & { why: string })[] = [];
  all.forEach((one, i) => {
    const why = outputs.has(one.pair.candidate) ? null : disproof(one, all.slice(i + 1), outputs);
    if (why === null) compared.push(one);
    else rejected.push({ ...one, why });
  });
  const dropped: Unmatched[] = rejected
    .filter(({ pair }) => pair.confidence < SURE)
    .map(({ pair, why }) => ({ id: pair.candidate, isOutput: false, why }));
  return {
    compared,
    rejected: rejected.filter(({ pair }) => pair.confidence >= SURE),
    unmatched: { reference: alignment.unmatched.reference, candidate: [...alignment.unmatched.candidate, ...dropped] },
  };
}

function disproof(one: ComparedPair, later: readonly ComparedPair[], outputs: ReadonlySet<string>): string | null {
  const error = worstError(one);
  if (one.pair.confidence < SURE && error > SAME_QUANTITY)
    return `nearest by ${one.pair.matchedBy} is ${one.pair.reference}, but its values differ too much to be the same tensor`;
  if (one.pair.matchedBy === "map" || error <= PLAINLY_OFF || later.length === 0) return null;
  const restAgrees = later.every((other) => worstError(other) <= AGREES || other.pair.reference === one.pair.reference);
  return restAgrees && later.some((other) => outputs.has(other.pair.candidate))
    ? `${one.pair.reference} and ${one.pair.candidate} are not the same tensor: everything computed after them agrees`
    : null;
}

/** Largest relative L2 error over the cases; infinite with a one-sided NaN. */
export function worstError(one: ComparedPair): number {
  return Math.max(
    0,
    ...one.accumulated.map(({ metrics }) =>
      metrics.nonFiniteMismatch === null ? metrics.relativeL2 : Number.POSITIVE_INFINITY,
    ),
  );
}

function parametersOf(sides: Sides, module: string): string[] {
  return sides.description.parameters
    .filter((parameter) => parameter.module === module)
    .map((parameter) => parameter.name);
}

/** Tied parameters use the same variable as the name that they share storage with. */
function withTied(sides: Sides) {
  const known = new Map(sides.weighed.assignments.map((assignment) => [assignment.parameter, assignment]));
  const tied = sides.description.parameters.flatMap((parameter) => {
    const first = parameter.sameAs === null ? undefined : known.get(parameter.sameAs);
    return first === undefined ? [] : [{ ...first, parameter: parameter.name }];
  });
  return [...sides.weighed.assignments, ...tied];
}

/** An entry of the user's map that nothing used is a typing error: better said than ignored. */
function checkMap(map: Readonly<Record<string, string>>, alignment: Alignment, sides: Sides): void {
  const inputs = new Set(sides.original.inputs.map((input) => input.name));
  for (const [from, to] of Object.entries(map)) {
    const asTap = alignment.pairs.some(
      (pair) => pair.matchedBy === "map" && (pair.candidate === to || pair.candidate.startsWith(`${to}[`)),
    );
    const asWeight = sides.weighed.assignments.some(
      (one) => one.matchedBy === "map" && one.key === from && one.parameter === to,
    );
    if (asTap || asWeight || inputs.has(from)) continue;
    throw new ParityError(
      "CONFIG_INVALID",
      `The map's entry "${from}": "${to}" fits nothing: no tap, variable or input of these names with shapes that agree.`,
      {
        where: { key: `map["${from}"]` },
        hint: "The left side is a scope, op or variable of the original, the right side a module path or parameter of the port.",
      },
    );
  }
}
