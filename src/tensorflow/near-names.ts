/** Names less alike than this are no suggestion. */
const LEAST_LIKENESS = 0.4;

/** The known names most like a misspelt one, the most alike first: by the pairs of letters they share (Dice's coefficient). */
export function nearNames(name: string, known: Iterable<string>, count = 5): string[] {
  const own = pairsOf(name);
  return [...known]
    .map((other) => ({ other, likeness: likenessOf(own, pairsOf(other)) }))
    .filter(({ likeness }) => likeness >= LEAST_LIKENESS)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, count)
    .map(({ other }) => other);
}

function pairsOf(name: string): Set<string> {
  const text = `/${name.toLowerCase()}/`;
  return new Set(Array.from({ length: text.length - 1 }, (_, i) => text.slice(i, i + 2)));
}

function likenessOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const pair of a) if (b.has(pair)) shared++;
  return (2 * shared) / (a.size + b.size);
}
