import type { Tap } from "../recording/types.js";
import type { ReferenceScope, ReferenceUse } from "./types.js";

export interface Using {
  readonly tap: Tap;
  readonly because: string;
}

export interface WeightedReference {
  readonly tapById: ReadonlyMap<string, Tap>;
  readonly scopes: readonly ReferenceScope[];
  readonly uses: ReadonlyMap<string, readonly ReferenceUse[]>;
}

/** A call of a module, and whether the module is a table in which rows are looked up. */
export interface ModuleCall {
  readonly call: number;
  /** How often the module is called in one forward pass. */
  readonly calls: number;
  readonly isLookup: boolean;
}

/** The reference taps that may be what a module gives that uses the variables `keys`, the likeliest first. */
export function tapsUsing(reference: WeightedReference, keys: readonly string[], module: ModuleCall): Using[] {
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
  // The widest scope that uses these keys, no others, and alone.
  const scope = reference.scopes
    .filter((one) => one.ownsKeys && one.keys.size === new Set(keys).size && keys.every((key) => one.keys.has(key)))
    .sort((a, b) => a.path.length - b.path.length)[0];
  if (scope !== undefined) add(scope.tap, `the scope ${scope.path} uses ${names} and nothing else`);
  for (const use of uses.flat().reverse()) add(use.tap, `the op ${use.node} uses ${names}`);
  return found;
}
