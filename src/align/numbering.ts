import { tokenize, withoutWrappers } from "./tokens.js";

/** At which numbers a place in names counts, `block #` of `h.0.attn` and `model/h1/attn`. */
type Counts = ReadonlyMap<string, ReadonlySet<number>>;

/**
 * How the original's names read in the port's way of counting: `stage_1 … stage_4` beside `stage.0 … stage.3` are the same
 * four layers. Only where both sides count without a gap, equally far, and one begins at 0 and the other at 1.
 *
 * @param names of the original; @param others names of the port
 */
export function countAlike(names: readonly string[], others: readonly string[]): (name: string) => string {
  const [own, theirs] = [countsIn(names), countsIn(others)];
  const shifts = new Map<string, number>();
  for (const [place, numbers] of own) {
    const shift = shiftBetween(numbers, theirs.get(place));
    if (shift !== 0) shifts.set(place, shift);
  }
  if (shifts.size === 0) return (name) => name;
  return (name) => {
    let read = "";
    let from = 0;
    for (const { index, text, place } of placesIn(name)) {
      read += name.slice(from, index) + String(Number(text) + (shifts.get(place) ?? 0));
      from = index + text.length;
    }
    return read + name.slice(from);
  };
}

function countsIn(names: readonly string[]): Counts {
  const counts = new Map<string, Set<number>>();
  for (const name of names) {
    for (const { text, place } of placesIn(name)) {
      const known = counts.get(place) ?? new Set<number>();
      counts.set(place, known.add(Number(text)));
    }
  }
  return counts;
}

/** The numbers in a name, each with the words before it; other numbers among these are not looked at. */
function placesIn(name: string): { readonly index: number; readonly text: string; readonly place: string }[] {
  return [...name.matchAll(/\d+/g)].map((found) => {
    const tokens = withoutWrappers(tokenize(name.slice(0, found.index + found[0].length)));
    return {
      index: found.index,
      text: found[0],
      place: tokens.map((token) => (typeof token === "number" ? "#" : token)).join(" "),
    };
  });
}

function shiftBetween(numbers: ReadonlySet<number>, others: ReadonlySet<number> | undefined): number {
  if (others === undefined || others.size !== numbers.size || numbers.size < 2) return 0;
  const [first, other] = [Math.min(...numbers), Math.min(...others)];
  const isWhole = (all: ReadonlySet<number>, from: number): boolean => Math.max(...all) === from + all.size - 1;
  const differs = (first === 0 && other === 1) || (first === 1 && other === 0);
  return differs && isWhole(numbers, first) && isWhole(others, other) ? other - first : 0;
}
