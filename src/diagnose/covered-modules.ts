/** A module's call that completed, in order; `compared` when its output was held against the original's. */
export interface CompletedCall {
  readonly module: string;
  readonly tap: string;
}

/**
 * Which modules each compared layer speaks for besides itself: those that completed before it and after the compared one
 * before, with outputs that could not be held against anything (a packed sequence). A fault in them shows there first.
 */
export function coveredModules(
  completed: readonly CompletedCall[],
  compared: ReadonlySet<string>,
): ReadonlyMap<string, readonly string[]> {
  const own = new Set(completed.flatMap(({ module, tap }) => (compared.has(tap) ? [module] : [])));
  const found = new Map<string, readonly string[]>();
  let open = new Set<string>();
  for (const { module, tap } of completed) {
    if (compared.has(tap)) {
      if (open.size > 0) found.set(tap, [...open]);
      open = new Set();
    } else if (!own.has(module)) open.add(module);
  }
  return found;
}
