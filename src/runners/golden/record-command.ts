import { relative } from "node:path";

/** A path as one would type it here; messages and reports are read on other machines too. */
export function shortPath(path: string, cwd: string = process.cwd()): string {
  const near = relative(cwd, path);
  return near === "" || near.startsWith("..") ? path : near;
}

/** What the user types to make the golden, or to make it anew. */
export function recordCommand(golden: string, reference: string | null, config: string | null): string {
  const from = config === null ? "" : ` ${quote(shortPath(config))}`;
  const named = config === null && reference !== null ? ` --reference ${quote(shortPath(reference))}` : "";
  return `parity record${from}${named} --out ${quote(shortPath(golden))}`;
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
