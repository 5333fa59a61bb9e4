import { sameSizes } from "./relate-shapes.js";
import { nameSimilarity, type Token, tokenize, withoutWrappers } from "./tokens.js";
import type { CandidateParameter, ReferenceVariable, WeightAssignment } from "./types.js";

/** What the last word of a parameter's name says it is. */
const ROLES: Readonly<Record<string, string>> = {
  weight: "weight",
  w: "weight",
  kernel: "weight",
  g: "weight",
  gamma: "weight",
  scale: "weight",
  embed: "weight",
  embeddings: "weight",
  table: "weight",
  weights: "weight",
  bias: "bias",
  b: "bias",
  beta: "bias",
  offset: "bias",
  biases: "bias",
  running_mean: "mean",
  moving_mean: "mean",
  running_var: "variance",
  moving_variance: "variance",
};

interface Named {
  readonly name: string;
  readonly layer: readonly Token[];
  readonly role: string;
}

/** Whether two tensors hold the same numbers in some order, as the compare room's sketches tell; unknown without sketches. */
export type SameValues = (key: string, parameter: string) => boolean;

/** Names below this likeness are no evidence. */
const LEAST_SIMILARITY = 0.5;

/**
 * Assigns every candidate parameter to a variable of the checkpoint: by the user's map, by equal names, by equal numbers
 * (where exactly one variable has them), and last by the most similar name. Tied parameters follow their first name.
 * Every variable is used at most once.
 */
export function assignWeights(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
  map: Readonly<Record<string, string>>,
  sameValues: SameValues,
): WeightAssignment[] {
  const free = new Map(variables.map((variable) => [variable.key, variable]));
  const found = new Map<string, WeightAssignment>();
  const open = parameters.filter((parameter) => parameter.sameAs === null);
  const assign = (parameter: CandidateParameter, key: string, matchedBy: WeightAssignment["matchedBy"]): void => {
    found.set(parameter.name, { parameter: parameter.name, key, matchedBy });
    free.delete(key);
  };
  const rest = (): CandidateParameter[] => open.filter((parameter) => !found.has(parameter.name));

  for (const [key, name] of Object.entries(map)) {
    const parameter = open.find((one) => one.name === name);
    if (parameter !== undefined && free.has(key)) assign(parameter, key, "map");
  }

  const byName = new Map<string, ReferenceVariable[]>();
  for (const variable of free.values()) {
    const name = canonical(splitVariable(variable.key));
    byName.set(name, [...(byName.get(name) ?? []), variable]);
  }
  for (const parameter of rest()) {
    const matches = (byName.get(canonical(splitParameter(parameter.name))) ?? []).filter((one) => free.has(one.key));
    if (matches.length === 1 && matches[0] !== undefined && sameSizes(matches[0].shape, parameter.shape))
      assign(parameter, matches[0].key, "name");
  }

  assignByValues(rest(), free, sameValues, (parameter, key) => assign(parameter, key, "values"));
  assignBySimilarity(rest(), free, (parameter, key) => assign(parameter, key, "name"));
  return parameters.flatMap((parameter) => found.get(parameter.name) ?? []);
}

function assignByValues(
  parameters: readonly CandidateParameter[],
  free: ReadonlyMap<string, ReferenceVariable>,
  sameValues: SameValues,
  assign: (parameter: CandidateParameter, key: string) => void,
): void {
  for (const parameter of parameters) {
    const keys = [...free.values()]
      .filter((variable) => sameSizes(variable.shape, parameter.shape) && sameValues(variable.key, parameter.name))
      .map((variable) => variable.key);
    const rivals = parameters.filter(
      (other) =>
        other !== parameter &&
        keys.length === 1 &&
        sameSizes(other.shape, parameter.shape) &&
        sameValues(keys[0] ?? "", other.name),
    );
    if (keys.length === 1 && keys[0] !== undefined && rivals.length === 0) assign(parameter, keys[0]);
  }
}

/** Best first; a pair is taken when it is the best of both its members. */
function assignBySimilarity(
  parameters: readonly CandidateParameter[],
  free: ReadonlyMap<string, ReferenceVariable>,
  assign: (parameter: CandidateParameter, key: string) => void,
): void {
  const split = new Map([...free.keys()].map((key) => [key, splitVariable(key)]));
  const scored = parameters.flatMap((parameter) => {
    const own = splitParameter(parameter.name);
    return [...free.values()].flatMap((variable) => {
      const other = split.get(variable.key) as Named;
      if (other.role !== own.role || !sameSizes(variable.shape, parameter.shape)) return [];
      const score = nameSimilarity(withoutWrappers(own.layer), withoutWrappers(other.layer));
      return score >= LEAST_SIMILARITY ? [{ parameter, key: variable.key, score }] : [];
    });
  });
  const taken = new Set<string>();
  for (const { parameter, key } of scored.sort((a, b) => b.score - a.score)) {
    if (taken.has(parameter.name) || taken.has(key)) continue;
    taken.add(parameter.name).add(key);
    assign(parameter, key);
  }
}

function canonical(named: Named): string {
  return `${withoutWrappers(named.layer).join(" ")} #${named.role}`;
}

function splitParameter(name: string): Named {
  return splitAtLast(name, ".");
}

function splitVariable(key: string): Named {
  return splitAtLast(key.replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, ""), "/");
}

/** A name whose last word is no known role is the layer itself and its weight, such as GPT-2's `model/wte`. */
function splitAtLast(name: string, separator: string): Named {
  const at = name.lastIndexOf(separator);
  const role = ROLES[name.slice(at + 1).toLowerCase()];
  if (role === undefined) return { name, layer: tokenize(name), role: "weight" };
  return { name, layer: tokenize(name.slice(0, Math.max(0, at))), role };
}
