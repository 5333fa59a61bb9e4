import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** What a report for other programs needs beyond the result: where its paths are in the repository. */
export interface ReportContext {
  /** The repository's root, absolute: what lies outside is named from there. */
  readonly root: string;
  /** The working directory relative to the repository's root, with a slash at its end: `models/gpt2/`; empty at the root. */
  readonly prefix: string;
  /** The configuration, relative to the working directory as all paths of a result are; null when there is none. */
  readonly config: string | null;
  /** Version of parity. */
  readonly version: string;
}

/** The context of a check that runs in `cwd`. The repository is the nearest folder above with a `.git`, else `cwd` itself. */
export function findContext(cwd: string, configPath: string | null): ReportContext {
  const root = findRepository(cwd) ?? cwd;
  const prefix = relative(root, cwd).split(sep).join("/");
  return {
    root,
    prefix: prefix === "" ? "" : `${prefix}/`,
    config: configPath === null ? null : relative(cwd, configPath),
    version: readVersion(),
  };
}

/** A path of a result as the repository has it: `models/gpt2/port.py`; one outside of it is absolute. */
export function repositoryPath(file: string, { root, prefix }: Pick<ReportContext, "root" | "prefix">): string {
  if (isAbsolute(file)) return file.startsWith(`${root}${sep}`) ? relative(root, file) : file;
  const inside = posix.normalize(prefix + file.split(sep).join("/"));
  return inside.startsWith("../") ? join(root, inside) : inside;
}

function findRepository(folder: string): string | null {
  if (existsSync(join(folder, ".git"))) return folder;
  const parent = dirname(folder);
  return parent === folder ? null : findRepository(parent);
}

function readVersion(): string {
  const file = fileURLToPath(new URL("../../package.json", import.meta.url));
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}
