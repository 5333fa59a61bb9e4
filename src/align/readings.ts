import { countAlike } from "./numbering.js";

/**
 * How a name of the original may be read: as it is, in the port's way of counting, and without its first scope where all names
 * share that one (`t5/…` in every name is the model's own name, whatever it is called).
 *
 * @param names of the original; @param others names of the port
 */
export function readingsAmong(
  names: readonly string[],
  others: readonly string[],
): (name: string) => readonly string[] {
  const roots = new Set(names.map((name) => name.split("/")[0]));
  const root = roots.size === 1 && names.length > 1 ? `${[...roots][0]}/` : null;
  const withoutRoot = (name: string): string =>
    root !== null && name.startsWith(root) ? name.slice(root.length) : name;
  const [count, countWithin] = [countAlike(names, others), countAlike(names.map(withoutRoot), others)];
  return (name) => [...new Set([count(name), countWithin(withoutRoot(name))])];
}
