/** A module whose variables were found by their values, and where it stands on both sides in the order of execution. */
export interface FoundByValues {
  readonly module: string;
  readonly type: string;
  /** Its parameters: name, shape and the variable that was assigned to it. */
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[]; readonly key: string }[];
  readonly candidatePlace: number;
  readonly referencePlace: number;
}

/**
 * Two modules of one kind that were assigned each other's variables because they hold each other's values: they run in the
 * opposite order on the two sides, and neither gives what its partner gives. The assignment that the order of execution speaks
 * for, as a map from variable to parameter; empty when nothing crosses. Only modules that differ may be given.
 */
export function findCrossed(modules: readonly FoundByValues[]): Map<string, string> {
  const map = new Map<string, string>();
  const done = new Set<FoundByValues>();
  for (const [i, a] of modules.entries()) {
    const b = modules.slice(i + 1).find((other) => !done.has(other) && crosses(a, other));
    if (b === undefined || done.has(a)) continue;
    done.add(a).add(b);
    a.parameters.forEach((own, at) => {
      const other = b.parameters[at];
      if (other === undefined) return;
      map.set(other.key, own.name);
      map.set(own.key, other.name);
    });
  }
  return map;
}

function crosses(a: FoundByValues, b: FoundByValues): boolean {
  const alike =
    a.type === b.type &&
    a.parameters.length === b.parameters.length &&
    a.parameters.every((one, i) => one.shape.join() === b.parameters[i]?.shape.join());
  return alike && a.candidatePlace < b.candidatePlace !== a.referencePlace < b.referencePlace;
}
