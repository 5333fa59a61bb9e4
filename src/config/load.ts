import { existsSync, statSync } from "node:fs";
import { dirname, extname, join, relative, resolve } from "node:path";
import { ParityError } from "../errors.js";
import { defineConfig } from "./define.js";
import { readDataFile } from "./read-data-file.js";
import type { FileConfig } from "./schema.js";

const ENDINGS = [".ts", ".mjs", ".js", ".json", ".yaml", ".yml"] as const;

export interface LoadedConfig {
  /** Absolute. */
  readonly path: string;
  /** What relative paths in the file are relative to. */
  readonly directory: string;
  readonly config: FileConfig;
}

/**
 * Loads a configuration: the given file, the one in the given folder, or the `parity.config.*` of the working directory, which
 * may be missing (null). Program files export it as default or as `config`; it may be a promise.
 */
export async function loadConfig(path?: string, cwd: string = process.cwd()): Promise<LoadedConfig | null> {
  const file = path === undefined ? findIn(cwd) : locate(resolve(cwd, path));
  if (file === null) return null;
  const shown = relative(cwd, file) || file;
  const value = isProgram(file) ? await runConfig(file, shown) : readDataFile(file);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ParityError("CONFIG_INVALID", `${shown} does not hold a configuration object.`, {
      where: { file },
      hint: isProgram(file)
        ? 'Example: export default defineConfig({ reference: "model.ckpt", candidate: "port.py:build" })'
        : "Example: reference: model.ckpt, candidate: port.py:build",
    });
  }
  // The schema library is loaded only when there is something to check.
  const { validateConfig } = await import("./validate.js");
  return { path: file, directory: dirname(file), config: validateConfig(value, shown) };
}

function locate(path: string): string {
  if (!existsSync(path)) {
    throw new ParityError("FILE_NOT_FOUND", `There is no configuration file ${path}.`, {
      where: { file: path },
      hint: `Write parity.config.ts there, or give --reference and --candidate.`,
    });
  }
  if (!statSync(path).isDirectory()) {
    if (ENDINGS.some((ending) => extname(path) === ending)) return path;
    throw new ParityError("USAGE", `${path} is not a configuration file.`, {
      where: { file: path },
      hint: `Configuration files end in ${ENDINGS.join(", ")}. Models are given with --reference and --candidate.`,
    });
  }
  const found = findIn(path);
  if (found !== null) return found;
  throw new ParityError("FILE_NOT_FOUND", `There is no parity.config.{ts,mjs,js,json,yaml,yml} in ${path}.`, {
    where: { file: path },
  });
}

function findIn(directory: string): string | null {
  const found = ENDINGS.map((ending) => join(directory, `parity.config${ending}`)).filter((file) => existsSync(file));
  const [first, second] = found;
  if (first !== undefined && second !== undefined) {
    const names = found.map((file) => relative(directory, file)).join(", ");
    throw new ParityError("CONFIG_INVALID", `${directory} has more than one configuration: ${names}.`, {
      where: { file: directory },
      hint: `Keep one, or name it: parity check ${relative(directory, first)}`,
    });
  }
  return first ?? null;
}

function isProgram(file: string): boolean {
  return [".ts", ".mjs", ".js"].includes(extname(file));
}

/**
 * Runs a configuration written as a program. `parity` resolves to this very program, so that `import { defineConfig } from
 * "parity"` works without the package being installed beside the file; a configuration needs nothing else of it.
 */
async function runConfig(file: string, shown: string): Promise<unknown> {
  const { createJiti } = await import("jiti");
  const jiti = createJiti(file, { virtualModules: { parity: { defineConfig } }, moduleCache: false, fsCache: false });
  let loaded: unknown;
  try {
    loaded = await jiti.import(file);
    return await exported(loaded);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
    throw new ParityError("CONFIG_INVALID", `${shown} could not be loaded: ${reason}`, {
      where: { file },
      cause: error,
      ...(error instanceof Error && error.stack !== undefined ? { detail: error.stack } : {}),
    });
  }
}

/** The default export, else the one named `config`. */
function exported(module: unknown): unknown {
  if (typeof module !== "object" || module === null) return undefined;
  if ("default" in module && module.default !== undefined) return module.default;
  return "config" in module ? module.config : undefined;
}
