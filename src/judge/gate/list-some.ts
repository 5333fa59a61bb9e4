/** So many names are told in one sentence; report.json has all of them. */
const NAMED = 4;

/** `a, b, c, d and 3 more`. */
export function listSome(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(", ");
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown;
}
