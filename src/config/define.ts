import type { ParityConfig } from "./types.js";

/** Gives a configuration back as it is; it exists so that editors check and complete what a user writes in `parity.config.ts`. */
export function defineConfig(config: ParityConfig): ParityConfig {
  return config;
}
