import type { CandidateModule } from "./types.js";

/**
 * The parameters that a module uses itself: its own, and those of modules inside of it that are never called (the out_proj of
 * nn.MultiheadAttention, whose weight is read and whose forward is not).
 *
 * @param called paths of modules that were called in some case
 */
export function usedParameters(modules: readonly CandidateModule[], called: ReadonlySet<string>): CandidateModule[] {
  const uncalled = modules.filter((one) => one.path !== "" && !called.has(one.path) && one.parameters.length > 0);
  return modules.map((module) => {
    if (module.path === "" || !called.has(module.path)) return module;
    const inside = uncalled.filter((one) => ownerOf(one.path, called) === module.path);
    return inside.length === 0
      ? module
      : { ...module, parameters: [...module.parameters, ...inside.flatMap((one) => one.parameters)] };
  });
}

/** The nearest module around a path that was called. */
function ownerOf(path: string, called: ReadonlySet<string>): string {
  for (let at = path; at !== ""; ) {
    at = at.slice(0, Math.max(0, at.lastIndexOf(".")));
    if (called.has(at)) return at;
  }
  return "";
}
