import type { Tap } from "../recording/types.js";
import { canonicalName } from "./tokens.js";
import type { CandidateModule } from "./types.js";

/** A module that has no weights of its own, with the variables that the modules inside of it use. */
export interface Container {
  readonly candidate: Tap;
  readonly keys: readonly string[];
}

/** How a module that is called once and is no table uses its weights. */
export const ONE_CALL = { call: 1, calls: 1, isLookup: false } as const;

/**
 * Of the taps those of modules that only hold modules with weights. Of several, one within the other with all the same weights,
 * the innermost: it is the one that makes something of them.
 */
export function findContainers(
  taps: readonly Tap[],
  modules: readonly CandidateModule[],
  keyOf: ReadonlyMap<string, string>,
): Container[] {
  const keysOf = (module: CandidateModule): string[] =>
    module.parameters.flatMap((parameter) => keyOf.get(parameter) ?? []);
  const within = (path: string): CandidateModule[] => modules.filter((one) => one.path.startsWith(`${path}.`));
  const keysWithin = (path: string): Set<string> => new Set(within(path).flatMap(keysOf));
  const byPath = new Map(modules.map((module) => [module.path, module]));
  return taps.flatMap((candidate): Container[] => {
    const module = byPath.get(candidate.path);
    if (module === undefined || candidate.path === "" || keysOf(module).length > 0) return [];
    const keys = keysWithin(candidate.path);
    if (keys.size === 0) return [];
    const isInnermost = within(candidate.path).every(
      (one) => new Set([...keysOf(one), ...keysWithin(one.path)]).size < keys.size,
    );
    return isInnermost ? [{ candidate, keys: [...keys] }] : [];
  });
}

/** Whether a scope and a module path end in the same name: `gru/cell_0` and `decoder.rnn.cell_0`. */
export function sameLastName(scope: string, path: string): boolean {
  const [one, other] = [canonicalName(scope.split("/").at(-1) ?? ""), canonicalName(path.split(".").at(-1) ?? "")];
  return one !== "" && one === other;
}
