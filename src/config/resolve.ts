import { statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ParityError } from "../errors.js";
import { DTYPE_BOUNDS } from "./dtype-bounds.js";
import { isGolden } from "./golden-folder.js";
import type { LoadedConfig } from "./load.js";
import { loadMap } from "./load-map.js";
import { resolveGate } from "./resolve-gate.js";
import { resolveGolden } from "./resolve-golden.js";
import { resolveInputs } from "./resolve-inputs.js";
import type {
  CheckOverrides,
  ResolvedCandidate,
  ResolvedConfig,
  ResolvedReference,
  ResolvedTolerance,
} from "./resolved.js";
import type { FileConfig } from "./schema.js";
import { resolveModelPath } from "./torch-models.js";
import type { CandidateConfig, ReferenceConfig } from "./types.js";

/**
 * The configuration of one run: the command line over the file over the defaults. Paths in the file are relative to its
 * folder, paths on the command line (and the default `out`) to the working directory; all come out absolute.
 */
export function resolveConfig(
  loaded: LoadedConfig | null,
  overrides: CheckOverrides = {},
  cwd: string = process.cwd(),
): ResolvedConfig {
  const config = loaded?.config ?? {};
  const directory = loaded?.directory ?? cwd;
  const reference = resolveReference(config, overrides, directory, cwd);
  const candidate = resolveCandidate(config, overrides, directory, cwd);
  const golden = resolveGolden(config, overrides, directory, cwd);
  const name = overrides.name ?? config.name ?? defaultName(loaded, reference.model);
  const out = pick(overrides.out, config.out, directory, cwd) ?? join(cwd, "reports", folderName(name));
  return {
    name,
    configPath: loaded?.path ?? null,
    reference,
    candidate,
    inputs: resolveInputs(config.inputs ?? {}, overrides, reference.model, directory, cwd, {
      hasGolden: golden !== undefined || isGolden(reference.model),
    }),
    map: resolveMap(config, overrides, directory, cwd),
    tolerance: resolveTolerance(config, overrides),
    precision: overrides.precision ?? config.precision ?? "float32",
    gate: resolveGate(config, overrides, { folder: folderName(name), directory, cwd }),
    report: overrides.report ?? config.report ?? ["json", "html"],
    out,
    timeout: overrides.timeout ?? config.timeout ?? 600,
    seed: overrides.seed ?? config.seed ?? 0,
    threads: overrides.threads ?? config.threads ?? 0,
    floors: overrides.floors ?? config.floors ?? "needed",
    selfNoise: overrides.selfNoise ?? config.selfNoise ?? "auto",
    ...(overrides.fix === undefined ? {} : { fix: resolveFix(overrides.fix, overrides.force ?? false, cwd) }),
    ...(overrides.only === undefined ? {} : { only: overrides.only }),
    ...(overrides.bundle === undefined ? {} : { bundle: resolve(cwd, overrides.bundle) }),
    ...(golden === undefined ? {} : { golden }),
  };
}

/** Refused before anything runs: a check may take long, and a file that is there may be the only one of its kind. */
function resolveFix(path: string, force: boolean, cwd: string): { file: string; force: boolean } {
  const file = resolve(cwd, path);
  const there = statSync(file, { throwIfNoEntry: false });
  if (there !== undefined && (!force || there.isDirectory())) {
    throw new ParityError("USAGE", there.isDirectory() ? `${path} is a folder.` : `${path} exists already.`, {
      where: { file },
      hint: there.isDirectory()
        ? "Name a file that does not exist yet: --fix repaired.safetensors"
        : "Name another file, or replace it with --force.",
    });
  }
  if (!isDirectory(dirname(file))) {
    throw new ParityError("USAGE", `The folder of ${path} does not exist.`, {
      where: { file: dirname(file) },
      hint: "Make it first, or name a file in a folder that is there.",
    });
  }
  return { file, force };
}

function resolveReference(
  config: FileConfig,
  overrides: CheckOverrides,
  directory: string,
  cwd: string,
): ResolvedReference {
  const given: Partial<ReferenceConfig> =
    typeof config.reference === "string" ? { model: config.reference } : (config.reference ?? {});
  const model = pick(overrides.reference, given.model, directory, cwd);
  if (model === null) {
    throw missingModel("reference", "the original TensorFlow model", "--reference models/124M/model.ckpt");
  }
  return {
    model,
    outputs: given.outputs ?? null,
    inputs: given.inputs ?? null,
    signature: overrides.signature ?? given.signature ?? null,
    verifyChecksums: overrides.verifyChecksums ?? given.verifyChecksums ?? false,
    weights: pick(overrides.referenceWeights, given.weights, directory, cwd),
    kwargs: given.kwargs ?? {},
    python: resolvePython(overrides.referencePython, cwd) ?? resolvePython(given.python, directory),
    env: given.env ?? {},
  };
}

function resolveCandidate(
  config: FileConfig,
  overrides: CheckOverrides,
  directory: string,
  cwd: string,
): ResolvedCandidate {
  const given: Partial<CandidateConfig> =
    typeof config.candidate === "string" ? { model: config.candidate } : (config.candidate ?? {});
  const model =
    overrides.candidate !== undefined
      ? resolveModelPath(cwd, overrides.candidate)
      : given.model === undefined
        ? null
        : resolveModelPath(directory, given.model);
  if (model === null) throw missingModel("candidate", "the converted PyTorch model", "--candidate port.py:build");
  return {
    model,
    weights: pick(overrides.weights, given.weights, directory, cwd),
    kwargs: given.kwargs ?? {},
    python: resolvePython(overrides.python, cwd) ?? resolvePython(given.python, directory),
    env: given.env ?? {},
    ...settingsOf(given, overrides),
  };
}

/** Where and in which type it runs, as far as somebody said so. */
function settingsOf(
  given: Partial<CandidateConfig>,
  overrides: CheckOverrides,
): Pick<ResolvedCandidate, "device" | "dtype" | "compile"> {
  const { device, dtype, compile } = { ...given, ...definedOf(overrides) };
  return {
    ...(device === undefined ? {} : { device }),
    ...(dtype === undefined ? {} : { dtype }),
    ...(compile === true ? { compile } : {}),
  };
}

function definedOf({ device, dtype, compile }: CheckOverrides): Pick<CheckOverrides, "device" | "dtype" | "compile"> {
  return {
    ...(device === undefined ? {} : { device }),
    ...(dtype === undefined ? {} : { dtype }),
    ...(compile === undefined ? {} : { compile }),
  };
}

function missingModel(key: string, what: string, example: string): ParityError {
  return new ParityError("USAGE", `Nothing says which model is the ${key} (${what}).`, {
    where: { key },
    hint: `Give ${example}, or set ${key} in parity.config.ts.`,
  });
}

/** A bare command such as `python3.11` is looked up on the PATH; anything with a separator is a path. */
function resolvePython(python: string | undefined, directory: string): string | null {
  if (python === undefined) return null;
  return /[\\/]/.test(python) ? resolve(directory, python) : python;
}

function pick(
  fromCommandLine: string | undefined,
  fromFile: string | undefined,
  directory: string,
  cwd: string,
): string | null {
  if (fromCommandLine !== undefined) return resolve(cwd, fromCommandLine);
  return fromFile === undefined ? null : resolve(directory, fromFile);
}

function resolveMap(
  config: FileConfig,
  overrides: CheckOverrides,
  directory: string,
  cwd: string,
): Record<string, string> {
  if (overrides.map !== undefined) return loadMap(resolve(cwd, overrides.map));
  if (typeof config.map === "string") return loadMap(resolve(directory, config.map));
  return config.map ?? {};
}

/** A tolerance on the command line is meant for the whole run: it takes the place of the file's three fields. */
function resolveTolerance(config: FileConfig, overrides: CheckOverrides): ResolvedTolerance {
  const {
    tolerance = "auto",
    tolerances = {},
    perDType = {},
  } = overrides.tolerance === undefined ? config : { tolerance: overrides.tolerance };
  const globs = Object.entries(tolerances).map(([glob, one]) => ({ glob, tolerance: one }));
  if (tolerance === "per-dtype") return { default: "auto", globs, perDType: { ...DTYPE_BOUNDS, ...perDType } };
  return { default: tolerance, globs, perDType };
}

/** The folder of the configuration, else the folder of the reference (`models/124M/model.ckpt` → `124M`). */
function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function defaultName(loaded: LoadedConfig | null, reference: string): string {
  // The folder of the checkpoint, whether it was named by its prefix or as a folder.
  const folder = isDirectory(reference) ? reference : dirname(reference);
  // A Keras model is one file, and the folder may hold many.
  const keras = /^(.+)\.(?:keras|h5)$/.exec(basename(reference))?.[1];
  const name = loaded === null && keras !== undefined ? keras : basename(loaded?.directory ?? folder);
  return name === "" ? "parity" : name;
}

/** A name as one folder: it may hold a slash or `..`, and reports must stay inside `reports/`. */
export function folderName(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^\.+/, "");
  return safe === "" ? "parity" : safe;
}
