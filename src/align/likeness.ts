import { mutualBest, type Scored } from "./mutual-best.js";
import { nameSimilarity, namesContradict, tokenize, withoutWrappers } from "./tokens.js";

/** Names less alike than this are not taken as the same layer, unless nothing else is left on either side. */
const LEAST_SIMILARITY = 0.3;

/** How alike a module's name and a scope's are, 0 to 1, the scope read in each of the given ways; −1 when they contradict each other. */
export function likeness(module: string, scopes: readonly string[]): number {
  const own = withoutWrappers(tokenize(module));
  const all = scopes.map((scope) => withoutWrappers(tokenize(scope)));
  if (all.every((tokens) => namesContradict(own, tokens))) return -1;
  return Math.max(...all.map((tokens) => nameSimilarity(own, tokens)));
}

/** The pairs that names tell, and the one that is left when there is no other on either side and nothing speaks against it. */
export function bestOrOnly<A, B>(scored: readonly Scored<A, B>[]): Scored<A, B>[] {
  const best = mutualBest(scored.filter(({ score }) => score >= LEAST_SIMILARITY));
  const rest = scored.filter((one) => one.score >= 0 && !best.some(({ a, b }) => a === one.a || b === one.b));
  const only = rest.filter(
    (one) => rest.filter(({ a }) => a === one.a).length === 1 && rest.filter(({ b }) => b === one.b).length === 1,
  );
  return [...best, ...only];
}
