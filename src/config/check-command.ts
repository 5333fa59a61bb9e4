import { isAbsolute, relative } from "node:path";
import type { CheckOverrides, ResolvedConfig } from "./resolved.js";
import { nearModelPath } from "./torch-models.js";

/**
 * The command line that makes this check again with `--only` for one pair: the configuration file, or the models and inputs, as
 * the user typed them. What only says where reports go is left out.
 *
 * @param overrides what the command line said; a configuration that was given as an object is spelt out instead
 * @param pair id of the pair
 */
export function checkCommand(
  config: ResolvedConfig,
  overrides: CheckOverrides,
  pair: string,
  cwd: string = process.cwd(),
): string {
  const file = config.configPath !== null && isAbsolute(config.configPath) ? [shorten(config.configPath, cwd)] : [];
  const typed = file.length > 0 || overrides.reference !== undefined ? overrides : spellOut(config, overrides, cwd);
  return ["parity", "check", ...file, ...optionWords(typed), "--only", literalGlob(pair)].map(quoteForShell).join(" ");
}

function optionWords(typed: CheckOverrides): string[] {
  const { tolerance } = typed;
  const one = (flag: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : joinOption(flag, String(value));
  return [
    ...one("--reference", typed.reference),
    ...one("--candidate", typed.candidate),
    ...one("--weights", typed.weights),
    ...one("--device", typed.device),
    ...one("--dtype", typed.dtype),
    ...(typed.compile === true ? ["--compile"] : []),
    ...(typed.values ?? []).flatMap(([name, spec]) => joinOption("--input", `${name}=${spec}`)),
    ...(typed.texts ?? []).flatMap((text) => joinOption("--text", text)),
    ...one("--vocab", typed.vocab),
    ...one("--map", typed.map),
    ...one("--tolerance", typeof tolerance === "object" ? `atol=${tolerance.atol},rtol=${tolerance.rtol}` : tolerance),
    ...one("--precision", typed.precision),
    ...one("--seed", typed.seed),
    ...one("--python", typed.python),
    ...one("--reference-python", typed.referencePython),
    ...one("--reference-weights", typed.referenceWeights),
    ...one("--threads", typed.threads),
    ...one("--floors", typed.floors),
  ];
}

/** A value that begins with a dash would be taken for an option of its own. */
function joinOption(flag: string, value: string): string[] {
  return value.startsWith("-") ? [`${flag}=${value}`] : [flag, value];
}

/** What a configuration that lies in no file says, as options. */
function spellOut(config: ResolvedConfig, overrides: CheckOverrides, cwd: string): CheckOverrides {
  const { reference, candidate, inputs } = config;
  return {
    reference: shorten(reference.model, cwd),
    candidate: nearModelPath(candidate.model, cwd),
    ...(candidate.device === undefined ? {} : { device: candidate.device }),
    ...(candidate.dtype === undefined ? {} : { dtype: candidate.dtype }),
    ...(candidate.compile === undefined ? {} : { compile: candidate.compile }),
    ...(candidate.weights === null ? {} : { weights: shorten(candidate.weights, cwd) }),
    ...(candidate.python === null ? {} : { python: shorten(candidate.python, cwd) }),
    ...(reference.python === null ? {} : { referencePython: shorten(reference.python, cwd) }),
    ...(reference.weights === null ? {} : { referenceWeights: shorten(reference.weights, cwd) }),
    values: inputs.values.map(({ name, spec }) => [name, typeof spec === "string" ? spec : JSON.stringify(spec)]),
    texts: inputs.texts,
    ...(config.precision === "float32" ? {} : { precision: config.precision }),
    ...(config.seed === 0 ? {} : { seed: config.seed }),
    ...(overrides.tolerance === undefined ? {} : { tolerance: overrides.tolerance }),
  };
}

/** A path as one would type it in the working directory. */
function shorten(path: string, cwd: string): string {
  if (!isAbsolute(path)) return path;
  const near = relative(cwd, path);
  return near === "" || near.startsWith("..") ? path : near;
}

/** A name as a glob that matches it: a brace would begin a choice. */
function literalGlob(name: string): string {
  return name.replace(/[{}]/g, "?");
}

/** One word for a POSIX shell, in quotes where it needs them. */
export function quoteForShell(word: string): string {
  return /^[A-Za-z0-9_./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
