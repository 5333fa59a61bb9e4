import type { CheckOverrides } from "../config/resolved.js";
import type { ModelsConfig, ParityConfig } from "../config/types.js";
import type { CheckResult } from "../report/types.js";
import type { SideStarter } from "./start-sides.js";

/** Says what is going on: `key` is `reference`, `candidate` or `compare`. */
export type CheckListener = (key: "reference" | "candidate" | "compare", text: string, finished?: boolean) => void;

export interface CheckOptions {
  /** What the command line would say; laid over the configuration. */
  readonly overrides?: CheckOverrides;
  /** Folder that relative paths of a configuration object are relative to; the working directory when absent. */
  readonly cwd?: string;
  readonly onProgress?: CheckListener;
  /** Folder into which unexplained findings are written as scripts that run the layer alone; absent: none are written. */
  readonly reproductions?: string;
  /** Whether the result has `details`: what the page of each layer shows. Default: it has none. */
  readonly details?: boolean;
  /** Hears how all pairs stand when some differ, before their causes are looked for: that can take a while. */
  readonly onJudged?: (preview: CheckResult) => void;
  /** Where the two sides come from; absent: they are started for this check alone. */
  readonly start?: SideStarter;
  /** Aborting ends both sides and rejects with INTERRUPTED. */
  readonly signal?: AbortSignal;
}

/** A configuration file's path, a configuration object, or nothing: the `parity.config.*` of the working directory. */
export type CheckInput = string | ParityConfig | ModelsConfig | undefined;
