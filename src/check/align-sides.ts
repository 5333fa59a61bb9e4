import { alignTaps } from "../align/align-taps.js";
import type { Alignment, WeightAssignment } from "../align/types.js";
import type { TwoSides } from "./compare-pairs.js";
import { createAlike } from "./create-alike.js";
import { errorUnder } from "./error-under.js";
import { viewReference } from "./reference-view.js";
import type { Sides } from "./run-sides.js";

/** Aligns the taps of the two free runs; see `alignTaps`. */
export function alignSides(
  sides: Pick<Sides, "original" | "description" | "weighed" | "reference" | "free">,
  two: TwoSides,
  map: Readonly<Record<string, string>>,
  narrower: ReadonlyMap<string, string> = new Map(),
  known: ReadonlyMap<string, string> = new Map(),
): Alignment {
  return alignTaps({
    reference: sides.reference.taps,
    candidate: sides.free.taps,
    ...viewReference(sides.original),
    modules: sides.description.modules.map((module) => ({
      path: module.path,
      type: module.class,
      parameters: parametersOf(sides, module.path),
    })),
    weights: withTied(sides).flatMap(withParts),
    map,
    narrower,
    known,
    errorUnder: (reference, candidate, layout) => errorUnder(two, reference, candidate, layout),
    alike: createAlike(two),
    outputNames: outputNamesOf(sides),
  });
}

/** By tap, what the signature calls an output. */
function outputNamesOf({ original }: Pick<Sides, "original">): Map<string, readonly string[]> {
  return new Map(
    original.taps.flatMap((tap) => {
      const names = original.outputNames.get(tap.tensor);
      return names === undefined ? [] : [[tap.id, names] as const];
    }),
  );
}

function parametersOf({ description }: Pick<Sides, "description">, module: string): string[] {
  return description.parameters.filter((parameter) => parameter.module === module).map((parameter) => parameter.name);
}

/** A parameter that is made of several variables uses each of them; one that is made of none says nothing. */
function withParts(assignment: WeightAssignment): WeightAssignment[] {
  const { derived, ...rest } = assignment;
  return derived ? derived.parts.map((key) => ({ ...rest, key })) : [assignment];
}

/** Tied parameters use the same variable as the name that they share storage with. */
function withTied({ description, weighed }: Pick<Sides, "description" | "weighed">) {
  const known = new Map(weighed.assignments.map((assignment) => [assignment.parameter, assignment]));
  const tied = description.parameters.flatMap((parameter) => {
    const first = parameter.sameAs === null ? undefined : known.get(parameter.sameAs);
    return first === undefined ? [] : [{ ...first, parameter: parameter.name }];
  });
  return [...weighed.assignments, ...tied];
}
