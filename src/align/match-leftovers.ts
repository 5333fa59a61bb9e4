import { sameSizes } from "./relate-shapes.js";
import type { ReferenceVariable } from "./types.js";
import { splitParameter, splitVariable } from "./variable-names.js";

export interface Leftover {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Parameters and variables that found no partner by name or by values, but belong to the same layer: whoever alone has its
 * role (bias, mean) and size takes the other, then whoever alone has its size. A map from variable to parameter.
 */
export function matchLeftovers(
  parameters: readonly Leftover[],
  variables: readonly ReferenceVariable[],
): Map<string, string> {
  const map = new Map<string, string>();
  const taken = new Set<string>();
  const match = (fits: (parameter: Leftover, variable: ReferenceVariable) => boolean): void => {
    const open = parameters.filter((one) => !taken.has(one.name));
    const free = variables.filter((one) => !map.has(one.key));
    for (const parameter of open) {
      const own = free.filter((variable) => fits(parameter, variable));
      const [variable] = own;
      if (own.length !== 1 || variable === undefined || map.has(variable.key)) continue;
      if (open.filter((other) => fits(other, variable)).length !== 1) continue;
      map.set(variable.key, parameter.name);
      taken.add(parameter.name);
    }
  };
  const sized = (parameter: Leftover, variable: ReferenceVariable): boolean =>
    sameSizes(variable.shape, parameter.shape);
  match((a, b) => sized(a, b) && splitParameter(a.name).role === splitVariable(b.key).role);
  match(sized);
  return map;
}
