import type { ParityConfig } from "../config/types.js";

/** What a test may say besides the candidate and the golden: as in `parity.config.ts`, paths relative to `cwd`. */
export interface GoldenMatchOptions
  extends Omit<ParityConfig, "reference" | "candidate" | "golden" | "report" | "out"> {
  /** Default: the working directory. */
  cwd?: string;
}

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: all declarations of an interface must have the same type parameters.
  interface Matchers<T = any> {
    /**
     * Holds a port (`"port.py:build"`, or an object as in the configuration) against a golden: the name of a folder under
     * `golden/`, or its path. A check takes seconds: give the test a timeout of a minute.
     */
    toMatchGolden(golden: string, options?: GoldenMatchOptions): Promise<void>;
  }
}
