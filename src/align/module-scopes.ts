import { sameSizes } from "./relate-shapes.js";
import type { CandidateParameter, WeightAssignment } from "./types.js";
import { splitParameter } from "./variable-names.js";

/** The scope that a variable's name puts it in. */
function scopeOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf("/")));
}

function lies(key: string, scope: string): boolean {
  return key.startsWith(`${scope}/`);
}

function leafOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

/**
 * For each module the innermost scope from which all of its assigned variables come, where no other module has any of it: what
 * is left in there belongs to the module, too.
 */
export function scopesOfModules(assigned: readonly WeightAssignment[]): Map<string, string> {
  const scopes = new Map<string, string>();
  for (const { parameter, key } of assigned) {
    const module = splitParameter(parameter).owner;
    const known = scopes.get(module);
    scopes.set(module, known === undefined ? scopeOf(key) : commonScope(known, scopeOf(key)));
  }
  for (const [module, scope] of scopes) {
    const isAlone = assigned.every((one) => splitParameter(one.parameter).owner === module || !lies(one.key, scope));
    if (scope === "" || !isAlone) scopes.delete(module);
  }
  return scopes;
}

function commonScope(a: string, b: string): string {
  const [left, right] = [a.split("/"), b.split("/")];
  const end = left.findIndex((part, i) => part !== right[i]);
  return end === -1 ? a : left.slice(0, end).join("/");
}

/**
 * Vectors that two modules hold of each other (two batch norms exchanged) have each other's numbers, so that numbers assign
 * them crosswise. A module whose kernel comes from one scope should have its vectors from there: these are assigned back.
 */
export function uncrossVectors(
  parameters: readonly CandidateParameter[],
  assigned: readonly WeightAssignment[],
): Map<string, string> {
  const shapes = new Map(parameters.map((one) => [one.name, one.shape]));
  const kernels = assigned.filter((one) => (shapes.get(one.parameter)?.length ?? 0) > 1);
  const homeOf = (parameter: string): string | null => {
    const module = splitParameter(parameter).owner;
    const own = kernels.filter((one) => splitParameter(one.parameter).owner === module);
    return own.length === 1 && own[0] !== undefined ? scopeOf(own[0].key) : null;
  };
  const changed = new Map<string, string>();
  const vectors = assigned.filter((one) => one.matchedBy === "values" && !kernels.includes(one));
  for (const one of vectors) {
    const home = homeOf(one.parameter);
    if (home === null || home === "" || lies(one.key, home)) continue;
    const other = vectors.find((each) => {
      const theirs = homeOf(each.parameter);
      return (
        theirs !== null &&
        lies(each.key, home) &&
        lies(one.key, theirs) &&
        leafOf(each.key) === leafOf(one.key) &&
        sameSizes(shapes.get(one.parameter) ?? [], shapes.get(each.parameter) ?? [])
      );
    });
    if (other !== undefined) changed.set(one.parameter, other.key);
  }
  return changed;
}
