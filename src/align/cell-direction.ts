import { tokenize } from "./tokens.js";

/** Whether names say that a cell reads its sequence backwards; null where they say neither. */
export function namedDirection(name: string): boolean | null {
  const words = tokenize(name);
  if (words.includes("bw") || words.includes("backward")) return true;
  return words.includes("fw") || words.includes("forward") ? false : null;
}
