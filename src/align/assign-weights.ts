import { deriveFoldedNorms, type FoldableNorm, type Holds } from "./derive-folded-norm.js";
import { deriveParts } from "./derive-parts.js";
import { deriveRecurrent, type RecurrentEvidenceOf } from "./derive-recurrent.js";
import { deriveWeightNorm } from "./derive-weight-norm.js";
import { scopesOfModules, uncrossVectors } from "./module-scopes.js";
import { mutualBest, type Scored } from "./mutual-best.js";
import { readingsAmong } from "./readings.js";
import type { DerivedAssignment } from "./recipe.js";
import { sameSizes } from "./relate-shapes.js";
import { nameSimilarity, namesContradict, withoutWrappers } from "./tokens.js";
import type { CandidateParameter, ReferenceVariable, WeightAssignment } from "./types.js";
import { canonicalVariable, type Named, splitParameter, splitVariable, statedRole } from "./variable-names.js";

/** Whether two tensors hold the same numbers in some order, as the compare room's sketches tell; unknown without sketches. */
export type SameValues = (key: string, parameter: string) => boolean;

/** How alike the numbers of a variable and a parameter are, 0 to 1, as the compare room tells. */
export type Likeness = (key: string, parameter: string) => number;

/** Numbers this alike are the same ones, changed: rounded, averaged, a step of training apart. */
const ALIKE = 0.9;
/** By so much no other may be as alike. */
const ALIKE_MARGIN = 0.3;

/** Names below this likeness are no evidence. */
const LEAST_SIMILARITY = 0.5;

/** The ways to read a variable's name. */
type Readings = (key: string) => readonly string[];

type Match = Scored<CandidateParameter, ReferenceVariable>;

/**
 * Assigns every candidate parameter to a variable of the checkpoint: by the user's map, by equal names, by equal numbers
 * (where exactly one variable has them), as the bias beside a kernel that is assigned already, and last by the most
 * similar name. Where two variables would do equally well the parameter stays without one. Tied parameters follow their
 * first name. Every variable is used at most once.
 *
 * Where the sizes cannot fit because one side fuses what the other keeps apart (recurrent cells, query/key/value), the
 * parameter is assigned to a derived variable, whose parts are used up by it.
 *
 * @param given assignments that are known already
 * @param evidence what the graph says about recurrent cells
 * @param likeness asked for what neither names nor equal numbers settle
 * @param folding what the graph says about batch norms behind layers, and whether a parameter holds their product
 */
export function assignWeights(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
  map: Readonly<Record<string, string>>,
  sameValues: SameValues,
  given: readonly WeightAssignment[] = [],
  evidence: RecurrentEvidenceOf = () => null,
  likeness: Likeness = () => 0,
  folding: { readonly norms: () => readonly FoldableNorm[]; readonly holds: Holds } | null = null,
): WeightAssignment[] {
  const found = new Map(given.map((one) => [one.parameter, one]));
  const used = new Set(given.flatMap(usedBy));
  const own = parameters.filter((parameter) => parameter.sameAs === null);
  const readings = readingsAmong(
    variables.map((variable) => variable.key),
    parameters.map((parameter) => parameter.name),
  );
  const assign = (parameter: CandidateParameter, key: string, matchedBy: WeightAssignment["matchedBy"]): void => {
    if (found.has(parameter.name) || used.has(key)) return;
    found.set(parameter.name, { parameter: parameter.name, key, matchedBy });
    used.add(key);
  };
  const derive = (derived: readonly DerivedAssignment[]): void => {
    const before = new Set(used);
    for (const { parameter, ...rest } of derived) {
      const assignment: WeightAssignment = { parameter, matchedBy: "name", ...rest };
      if (found.has(parameter) || usedBy(assignment).some((key) => before.has(key))) continue;
      found.set(parameter, assignment);
      for (const key of usedBy(assignment)) used.add(key);
    }
  };
  const open = (): CandidateParameter[] => own.filter((parameter) => !found.has(parameter.name));
  const free = (): ReferenceVariable[] => variables.filter((variable) => !used.has(variable.key));
  /** What is still open on both sides. */
  const match = (
    find: (parameters: readonly CandidateParameter[], variables: readonly ReferenceVariable[]) => readonly Match[],
    matchedBy: WeightAssignment["matchedBy"],
  ): void => {
    for (const { a, b } of find(open(), free())) assign(a, b.key, matchedBy);
  };

  for (const [key, name] of Object.entries(map)) {
    const parameter = own.find((one) => one.name === name);
    if (parameter !== undefined && variables.some((variable) => variable.key === key)) assign(parameter, key, "map");
  }
  // Before names and values: a kernel with its gates in another order has the right name and the right numbers.
  derive(deriveRecurrent(own, variables, evidence));
  derive(deriveWeightNorm(own, variables));
  match((open, free) => byName(open, free, readings), "name");
  match((open, free) => byValues(open, free, sameValues), "values");
  match((open, free) => byLikeness(open, free, likeness), "values");
  for (const [parameter, key] of uncrossVectors(own, [...found.values()]))
    found.set(parameter, { parameter, key, matchedBy: "values" });
  match((open, free) => besideAssigned(open, free, [...found.values()]), "name");
  derive(deriveParts(open(), free()));
  match((open, free) => bySimilarity(open, free, readings), "name");
  // A statistic without a parameter is the sign of it. The graph is only asked then.
  if (folding !== null && free().some((variable) => variable.shape.length === 1)) {
    for (const one of deriveFoldedNorms(folding.norms(), own, variables, [...found.values()], folding.holds))
      found.set(one.parameter, one);
  }
  return parameters.flatMap((parameter) => found.get(parameter.name) ?? []);
}

/** Keys that an assignment leaves to no other parameter. */
function usedBy({ key, derived }: WeightAssignment): readonly string[] {
  return derived?.parts ?? [key];
}

function byName(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
  readings: Readings,
): Match[] {
  const named = new Map<string, { variable: ReferenceVariable; read: Named }[]>();
  for (const { variable, reads } of readVariables(variables, readings)) {
    for (const read of reads) {
      const name = canonicalVariable(read);
      named.set(name, [...(named.get(name) ?? []), { variable, read }]);
    }
  }
  const scored = parameters.flatMap((a) => {
    const own = splitParameter(a.name);
    const best = new Map<ReferenceVariable, number>();
    for (const { variable, read } of named.get(canonicalVariable(own)) ?? []) {
      if (!sameSizes(a.shape, variable.shape) || namesContradict(own.layer, read.layer)) continue;
      // Among namesakes (encoder and decoder of one model) the words that are usually wrappers decide.
      best.set(variable, Math.max(best.get(variable) ?? 0, nameSimilarity(own.layer, read.layer)));
    }
    return [...best].map(([b, score]): Match => ({ a, b, score }));
  });
  return mutualBest(scored);
}

/** Every variable with the ways to read its name. */
function readVariables(variables: readonly ReferenceVariable[], readings: Readings) {
  return variables.map((variable) => ({ variable, reads: readings(variable.key).map(splitVariable) }));
}

/** Only where no other parameter and no other variable holds these numbers: all-zero biases say nothing. */
function byValues(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
  sameValues: SameValues,
): Match[] {
  const scored = parameters.flatMap((a) =>
    variables.flatMap((b): Match[] =>
      sameSizes(a.shape, b.shape) && rolesAgree(a.name, b.key) && sameValues(b.key, a.name) ? [{ a, b, score: 1 }] : [],
    ),
  );
  return scored.filter(
    (one) =>
      scored.filter((other) => other.a === one.a).length === 1 && scored.filter((o) => o.b === one.b).length === 1,
  );
}

/** Weights that are another's, changed in every element: where exactly one variable is alike, and far more than any other. */
function byLikeness(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
  likeness: Likeness,
): Match[] {
  const scored = parameters.flatMap((a) =>
    variables.flatMap((b): Match[] =>
      sameSizes(a.shape, b.shape) && rolesAgree(a.name, b.key) ? [{ a, b, score: likeness(b.key, a.name) }] : [],
    ),
  );
  const isAlone = (one: Match): boolean =>
    scored.every(
      (other) => other === one || (other.a !== one.a && other.b !== one.b) || other.score < one.score - ALIKE_MARGIN,
    );
  return scored.filter((one) => one.score >= ALIKE && isAlone(one));
}

/** A mean that holds a variance is not that variance's parameter: both names say what they are. */
function rolesAgree(parameter: string, key: string): boolean {
  const [own, other] = [statedRole(parameter), statedRole(key)];
  return own === null || other === null || own === other;
}

/** A module whose other parameters all come from one scope has its bias from there, too, and its norm's statistics. */
function besideAssigned(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
  assigned: readonly WeightAssignment[],
): Match[] {
  const scopes = new Map<string, Set<string>>();
  for (const { parameter, key } of assigned) {
    const module = splitParameter(parameter).owner;
    scopes.set(module, (scopes.get(module) ?? new Set()).add(splitVariable(key).owner));
  }
  const alone = scopesOfModules(assigned);
  const scored = parameters.flatMap((a) => {
    const own = splitParameter(a.name);
    const from = scopes.get(own.owner);
    const scope = alone.get(own.owner);
    const leaf = a.name.slice(a.name.lastIndexOf(".") + 1);
    return variables.flatMap((b): Match[] => {
      const other = splitVariable(b.key);
      const isNear = from?.size === 1 && from.has(other.owner);
      const isInside = scope !== undefined && b.key.startsWith(`${scope}/`);
      const fits = (isNear || isInside) && other.role === own.role && sameSizes(a.shape, b.shape);
      return fits ? [{ a, b, score: b.key.endsWith(leaf) ? 1 : 0.9 }] : [];
    });
  });
  return mutualBest(scored);
}

function bySimilarity(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
  readings: Readings,
): Match[] {
  const read = readVariables(variables, readings);
  const scored = parameters.flatMap((a) => {
    const own = splitParameter(a.name);
    return read.flatMap(({ variable: b, reads }): Match[] => {
      if (reads[0]?.role !== own.role || !sameSizes(b.shape, a.shape)) return [];
      const likeness = reads.map(({ layer }) => nameSimilarity(withoutWrappers(own.layer), withoutWrappers(layer)));
      const score = Math.max(...likeness);
      return score >= LEAST_SIMILARITY ? [{ a, b, score }] : [];
    });
  });
  return mutualBest(scored);
}
