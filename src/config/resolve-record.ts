import { join, resolve } from "node:path";
import type { LoadedConfig } from "./load.js";
import { folderName, resolveConfig } from "./resolve.js";
import type { CheckOverrides, ResolvedConfig } from "./resolved.js";

/** What a recording needs of a configuration: everything but the candidate. */
export interface ResolvedRecording {
  readonly config: Omit<ResolvedConfig, "candidate">;
  /** The golden's folder. */
  readonly out: string;
}

/**
 * The configuration of a recording. A candidate need not be named. The golden goes where the command line says, else where
 * `golden` of the configuration says, else to `golden/<name>` under the working directory.
 */
export function resolveRecording(
  loaded: LoadedConfig | null,
  overrides: CheckOverrides = {},
  out?: string,
  cwd: string = process.cwd(),
): ResolvedRecording {
  // Nothing of the candidate is read; the name only stands for "none was asked for".
  const { candidate: _, ...config } = resolveConfig(loaded, { candidate: "none.py:none", ...overrides }, cwd);
  const { golden } = config;
  return {
    config,
    out: out !== undefined ? resolve(cwd, out) : (golden?.path ?? join(cwd, "golden", folderName(config.name))),
  };
}
