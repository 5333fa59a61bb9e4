import type { ModelsConfig, ParityConfig } from "./types.js";

/** Gives a configuration back as it is; it exists so that editors check and complete what a user writes in `parity.config.ts`. */
export function defineConfig<Config extends ParityConfig | ModelsConfig>(config: Config): Config {
  return config;
}
