import { join, resolve } from "node:path";
import { ParityError } from "../errors.js";
import type { LoadedConfig } from "./load.js";
import { nearestWord } from "./nearest.js";
import { folderName, resolveConfig } from "./resolve.js";
import type { CheckOverrides, ResolvedConfig } from "./resolved.js";
import type { FileConfig } from "./schema.js";
import type { ModelConfig } from "./types.js";

/** What a configuration means to check: one model, or several one after the other. */
export interface ResolvedModels {
  /** In the order of the file. */
  readonly models: readonly ResolvedConfig[];
  /** Whether the file lists models by name, even when one of them was picked. */
  readonly several: boolean;
  /** The folder of what concerns all of them. */
  readonly out: string;
}

/** Options that can only mean one model. */
const FOR_ONE = { reference: "--reference", candidate: "--candidate", weights: "--weights", fix: "--fix" } as const;

/**
 * Every model of a configuration with its defaults filled in. A file without `models` gives the one that `resolveConfig` gives.
 *
 * @throws ParityError USAGE for a model that is not there, and for an option that can only be meant for one of several
 */
export function resolveModels(
  loaded: LoadedConfig | null,
  overrides: CheckOverrides = {},
  cwd: string = process.cwd(),
): ResolvedModels {
  const { models, ...shared } = loaded?.config ?? {};
  if (loaded === null || models === undefined) {
    if (overrides.model !== undefined) throw noModels(overrides.model);
    const only = resolveConfig(loaded, overrides, cwd);
    return { models: [only], several: false, out: only.out };
  }
  const { model, name, out, bundle, ...rest } = overrides;
  const chosen = model === undefined ? Object.keys(models) : [requireModel(model, Object.keys(models))];
  if (chosen.length > 1) refuseAmbiguous(overrides, chosen);
  const folder = sharedFolder(shared, out, loaded.directory, cwd);
  const resolved = chosen.map((key) => {
    const own = models[key] ?? {};
    const config = { ...layOver(shared, own), name: key, out: own.out ?? join(folder, key) };
    return resolveConfig(
      { ...loaded, config },
      {
        ...rest,
        ...(name === undefined ? {} : { name }),
        // A folder on the command line is the one for all, whatever a model says in the file.
        ...(out === undefined ? {} : { out: join(folder, key) }),
        ...(bundle === undefined ? {} : { bundle: join(bundle, key) }),
      },
      cwd,
    );
  });
  return { models: resolved, several: true, out: folder };
}

function sharedFolder(shared: FileConfig, typed: string | undefined, directory: string, cwd: string): string {
  if (typed !== undefined) return resolve(cwd, typed);
  if (shared.out !== undefined) return resolve(directory, shared.out);
  return shared.name === undefined ? join(cwd, "reports") : join(cwd, "reports", folderName(shared.name));
}

/** A model's own keys over the shared ones; two objects are joined, and a text stands for the object with `model`. */
export function layOver(shared: FileConfig, own: ModelConfig): FileConfig {
  const merged: Record<string, unknown> = { ...shared };
  for (const [key, value] of Object.entries(own)) {
    const isModel = key === "reference" || key === "candidate";
    const [below, above] = [merged[key], value].map((one) =>
      isModel && typeof one === "string" ? { model: one } : one,
    );
    merged[key] = isObject(below) && isObject(above) ? { ...below, ...above } : above;
  }
  // Keys and types are those of the two: each was validated, and a missing `model` is told when it is resolved.
  return merged as unknown as FileConfig;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function requireModel(name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  const near = nearestWord(name, known);
  throw new ParityError("USAGE", `There is no model ${name} in the configuration.`, {
    where: { key: "models" },
    hint:
      near === null
        ? `Its models are ${known.join(", ")}.`
        : `Did you mean ${near}? Its models are ${known.join(", ")}.`,
  });
}

function refuseAmbiguous(overrides: CheckOverrides, chosen: readonly string[]): void {
  for (const [key, option] of Object.entries(FOR_ONE)) {
    if (overrides[key as keyof typeof FOR_ONE] === undefined) continue;
    throw new ParityError("USAGE", `${option} is for one model, and the configuration has ${chosen.length}.`, {
      where: { key: option },
      hint: `Say which with --model: ${chosen.join(", ")}.`,
    });
  }
}

function noModels(name: string): ParityError {
  return new ParityError("USAGE", `--model ${name} picks one of several models, and there is no list of models.`, {
    where: { key: "models" },
    hint: "List them in parity.config.ts: models: { name: { reference, candidate } }; or leave --model out.",
  });
}
