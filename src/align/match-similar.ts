import type { Tap } from "../recording/types.js";
import { mutualBest, type Scored } from "./mutual-best.js";
import { nameSimilarity, tokenize, withoutWrappers } from "./tokens.js";

/** Names less alike than this are not taken as the same layer. */
const LEAST_SIMILARITY = 0.6;

/** Modules (`a`) and scopes (`b`) whose names are most alike, each the other's nearest, with how alike they are. */
export function matchSimilar(
  candidates: readonly Tap[],
  references: readonly Tap[],
  readings: (scope: string) => readonly string[],
  may: (candidate: Tap, reference: Tap) => boolean,
): Scored<Tap, Tap>[] {
  const tokens = new Map(
    references.map((tap) => [tap.id, readings(tap.path).map((read) => withoutWrappers(tokenize(read)))]),
  );
  const scored = candidates.flatMap((a) => {
    const own = withoutWrappers(tokenize(a.path));
    return references
      .filter((b) => may(a, b))
      .map((b) => ({ a, b, score: Math.max(...(tokens.get(b.id) ?? []).map((read) => nameSimilarity(own, read))) }))
      .filter(({ score }) => score >= LEAST_SIMILARITY);
  });
  return mutualBest(scored);
}
