/** A parameter and the variable that was assigned to it. */
export interface AssignedParameter {
  readonly parameter: string;
  readonly key: string;
}

/** A numbered part of a name: `blocks.` and 2 of `blocks.2.norm.weight`. */
interface Numbered {
  readonly before: string;
  readonly number: number;
  readonly after: string;
}

/** One stack of layers as the weights pair it: the number on the one side for each number on the other. */
interface Stack {
  readonly candidate: string;
  readonly reference: string;
  readonly held: Map<number, number>;
  readonly members: { readonly one: AssignedParameter; readonly own: number; readonly key: Numbered }[];
  broken: boolean;
}

/** Layers of at least two kinds of parameters are layers; single tensors with numbers are not. */
const LEAST_PARAMETERS = 2;

/**
 * Stacks of layers whose weights stand in another order than the one in which the layers run: `h.0` is the first to run and
 * holds the weights of the scope that is the second. Names that do not correspond do not show it, for each parameter was
 * found by its values. A map from variable to parameter that gives every layer the scope of its own place; empty when the
 * orders agree.
 *
 * @param candidateOrder module paths in order of execution; @param referenceOrder scopes likewise
 * @param isRight whether a module (a prefix of module paths) computes what its partner computes: then its place is right
 */
export function findLayerOrder(
  assigned: readonly AssignedParameter[],
  candidateOrder: readonly string[],
  referenceOrder: readonly string[],
  isRight: (modulePrefix: string) => boolean,
): Map<string, string> {
  const map = new Map<string, string>();
  for (const stack of stacksOf(assigned)) {
    const { held, members } = stack;
    if (stack.broken || held.size < 2 || new Set(held.values()).size !== held.size) continue;
    if (members.length < held.size * LEAST_PARAMETERS) continue;
    const own = inOrder([...held.keys()], (n) => firstUnder(candidateOrder, `${stack.candidate}${n}`, "."));
    const theirs = inOrder([...held.values()], (n) => firstUnder(referenceOrder, `${stack.reference}${n}`, "/"));
    if (own === null || theirs === null) continue;
    const wanted = new Map(own.map((n, k) => [n, theirs[k] as number]));
    if (own.every((n) => wanted.get(n) === held.get(n))) continue;
    const moved = own.filter((n) => wanted.get(n) !== held.get(n));
    if (moved.some((n) => isRight(`${stack.candidate}${n}`))) continue;
    for (const { one, own: n, key } of members) {
      const number = wanted.get(n);
      if (number !== undefined && number !== key.number) map.set(`${key.before}${number}${key.after}`, one.parameter);
    }
  }
  return map;
}

function stacksOf(assigned: readonly AssignedParameter[]): Stack[] {
  const stacks = new Map<string, Stack>();
  for (const one of assigned)
    for (const own of numbersIn(one.parameter))
      for (const key of numbersIn(one.key)) {
        const name = `${own.before} ${key.before}`;
        const stack = stacks.get(name) ?? {
          candidate: own.before,
          reference: key.before,
          held: new Map<number, number>(),
          members: [],
          broken: false,
        };
        stacks.set(name, stack);
        const known = stack.held.get(own.number);
        if (known !== undefined && known !== key.number) stack.broken = true;
        stack.held.set(own.number, key.number);
        stack.members.push({ one, own: own.number, key });
      }
  return [...stacks.values()];
}

function numbersIn(name: string): Numbered[] {
  return [...name.matchAll(/\d+/g)].map((found) => ({
    before: name.slice(0, found.index),
    number: Number(found[0]),
    after: name.slice(found.index + found[0].length),
  }));
}

/** Numbers by the place at which they run; null where one of them was never seen to run, or two start at once. */
function inOrder(numbers: readonly number[], placeOf: (n: number) => number): number[] | null {
  const places = new Map(numbers.map((n) => [n, placeOf(n)]));
  if ([...places.values()].some((place) => place === -1) || new Set(places.values()).size < numbers.length) return null;
  return [...numbers].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
}

function firstUnder(order: readonly string[], prefix: string, separator: string): number {
  return order.findIndex((path) => path === prefix || path.startsWith(`${prefix}${separator}`));
}
