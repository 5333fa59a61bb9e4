/** So many names are written out. */
const NAMED = 4;

/** `a, b, c, d and 3 more`. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(", ");
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown;
}
