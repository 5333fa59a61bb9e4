import { resolve } from "node:path";
import { ParityError } from "../errors.js";
import type { CheckOverrides, GoldenUpdate, ResolvedGolden } from "./resolved.js";
import type { FileConfig } from "./schema.js";

/**
 * The golden that a check takes its reference from, and what it may write there. By default a golden that is missing is made,
 * except in CI (the environment has `CI`): a gate that records its own reference passes whatever was there before.
 */
export function resolveGolden(
  config: FileConfig,
  overrides: CheckOverrides,
  directory: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedGolden | undefined {
  const path =
    overrides.golden !== undefined
      ? resolve(cwd, overrides.golden)
      : config.golden === undefined
        ? undefined
        : resolve(directory, config.golden);
  if (path === undefined) {
    if (overrides.update === undefined || overrides.update === "none") return undefined;
    throw new ParityError("USAGE", `--update ${overrides.update} says to write a golden, and nothing says which.`, {
      where: { key: "--update" },
      hint: 'Name its folder: --golden golden/gpt2, or golden: "golden/gpt2" in parity.config.ts.',
    });
  }
  return { path, update: overrides.update ?? defaultUpdate(env) };
}

function defaultUpdate(env: Readonly<Record<string, string | undefined>>): GoldenUpdate {
  const ci = env.CI ?? "";
  return ci === "" || ci === "false" || ci === "0" ? "missing" : "none";
}
