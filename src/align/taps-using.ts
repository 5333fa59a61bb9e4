import type { Tap } from "../recording/types.js";
import { AGREES } from "./confidence.js";
import type { ReferenceScope, ReferenceUse } from "./types.js";

export interface Using {
  readonly tap: Tap;
  readonly because: string;
}

export interface WeightedReference {
  readonly tapById: ReadonlyMap<string, Tap>;
  readonly scopes: readonly ReferenceScope[];
  readonly uses: ReadonlyMap<string, readonly ReferenceUse[]>;
  /** Keys that some parameter of the port was given. */
  readonly assigned?: ReadonlySet<string>;
}

/** A call of a module, and whether the module is a table in which rows are looked up. */
export interface ModuleCall {
  readonly call: number;
  /** How often the module is called in one forward pass. */
  readonly calls: number;
  readonly isLookup: boolean;
  /** It gives what its weights give and nothing more. */
  readonly isBare?: boolean;
}

/** Where none agrees, behind a fault, one that is so many times nearer than the widest is believed. */
const CLEARLY_NEARER = 2;

/**
 * The reference taps that may be what a module gives that uses the variables `keys`, the likeliest first.
 *
 * @param errorOf relative L2 error of the free run against a tap; null where it is not known
 */
export function tapsUsing(
  reference: WeightedReference,
  keys: readonly string[],
  module: ModuleCall,
  errorOf: (tap: Tap) => number | null = () => null,
): Using[] {
  const found: Using[] = [];
  const add = (id: string, because: string): void => {
    const tap = reference.tapById.get(id);
    if (tap !== undefined) found.push({ tap, because });
  };
  const names = keys.join(", ");
  const uses = keys.map((key) =>
    (reference.uses.get(key) ?? []).filter((use) => (use.use === "lookup") === module.isLookup),
  );
  if (module.calls > 1) {
    // The n-th call is the n-th use. The last variable of a module (its bias) meets the data last.
    const last = uses.findLast((ops) => ops.length === module.calls);
    const use = last?.[module.call - 1];
    if (use !== undefined) add(use.tap, `the op ${use.node} is use ${module.call} of ${names}`);
    return found;
  }
  // The widest scope that uses these keys, no others, and alone; a narrower one where values say so: what the wider does
  // besides (adding what it was given) may stand elsewhere in the port.
  const scopes = reference.scopes
    .filter((one) => one.ownsKeys && one.keys.size === new Set(keys).size && keys.every((key) => one.keys.has(key)))
    .sort((a, b) => a.path.length - b.path.length);
  const scope = nearest(scopes, (one) => reference.tapById.get(one.tap), errorOf);
  if (scope !== undefined) add(scope.tap, `the scope ${scope.path} uses ${names} and nothing else`);
  // The last of them in execution order: what a module gives has met all of its variables. An earlier one is another tensor.
  const order = new Map([...reference.tapById.keys()].map((id, i) => [id, i]));
  const inOrder = uses.flat().sort((a, b) => (order.get(b.tap) ?? -1) - (order.get(a.tap) ?? -1));
  // One kernel may be used in many places of which the module is one: its values tell which.
  const isReused = uses.some((ops) => ops.length > 1);
  const agreeing = isReused ? inOrder.find((use) => agrees(reference.tapById.get(use.tap), errorOf)) : undefined;
  const last = agreeing ?? inOrder[0];
  const op = last === undefined ? undefined : reference.tapById.get(last.tap);
  const wider = scope === undefined && module.isBare !== true ? widerScope(reference, keys) : undefined;
  const opAgrees = agrees(op, errorOf);
  if (wider !== undefined && !opAgrees)
    add(wider.tap, `the scope ${wider.path} uses ${names} and what no parameter of the port was given`);
  if (last !== undefined) add(last.tap, `the op ${last.node} uses ${names}`);
  return found;
}

function agrees(tap: Tap | undefined, errorOf: (tap: Tap) => number | null): boolean {
  return tap !== undefined && (errorOf(tap) ?? Number.POSITIVE_INFINITY) <= AGREES;
}

/** The narrowest scope of a module that lacks some of its variables (a bias, say): nobody else has them. */
function widerScope({ scopes, assigned }: WeightedReference, keys: readonly string[]): ReferenceScope | undefined {
  if (assigned === undefined) return undefined;
  return scopes
    .filter(
      (one) =>
        one.ownsKeys &&
        keys.every((key) => one.keys.has(key)) &&
        [...one.keys].every((key) => keys.includes(key) || !assigned.has(key)),
    )
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** The first, unless its tensor is far off and another one's is not. Values are only looked at where tensors differ. */
function nearest<T>(
  all: readonly T[],
  tapOf: (one: T) => Tap | undefined,
  errorOf: (tap: Tap) => number | null,
): T | undefined {
  const first = all[0];
  if (new Set(all.map((one) => tapOf(one)?.tensor)).size < 2) return first;
  const errors = all.map((one) => {
    const tap = tapOf(one);
    return (tap === undefined ? null : errorOf(tap)) ?? Number.POSITIVE_INFINITY;
  });
  const least = Math.min(...errors);
  const own = errors[0] ?? Number.POSITIVE_INFINITY;
  if (own <= AGREES || !Number.isFinite(least)) return first;
  return least <= AGREES || CLEARLY_NEARER * least <= own ? all[errors.indexOf(least)] : first;
}
