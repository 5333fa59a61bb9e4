import type { WeightAssignment } from "./types.js";

/**
 * Whether the weights speak against a module being the scope that uses `keys`: they all come from elsewhere (`layers.0` of
 * a flat list is no block 0), or the scope uses some that belong to a module beside this one (an attention and the norm
 * behind it, where the module is the attention alone), or one of the module's parameters is made of variables within the
 * scope and without it (a kernel into which the norm behind the scope was folded).
 */
export function weightsContradict(
  weights: readonly WeightAssignment[],
  path: string,
  keys: ReadonlySet<string>,
): boolean {
  const own = weights.filter(({ parameter }) => parameter.startsWith(`${path}.`));
  if (keys.size === 0 || own.length === 0) return false;
  const held = new Set(own.map(({ key }) => key));
  if (![...keys].some((key) => held.has(key))) return true;
  return weights.some(({ key }) => keys.has(key) && !held.has(key)) || own.some((one) => reachesOut(own, one, keys));
}

function reachesOut(
  own: readonly WeightAssignment[],
  { parameter }: WeightAssignment,
  keys: ReadonlySet<string>,
): boolean {
  const parts = own.filter((one) => one.parameter === parameter).map((one) => one.key);
  return parts.some((key) => keys.has(key)) && parts.some((key) => !keys.has(key));
}
