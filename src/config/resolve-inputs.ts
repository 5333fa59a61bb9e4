import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ParityError } from "../errors.js";
import type { CheckOverrides, ResolvedInputs, ResolvedValue } from "./resolved.js";
import type { InputsConfig } from "./types.js";

/**
 * Inputs of the run. A text on the command line replaces the file's texts and files (someone who types a text wants that text);
 * values are laid over each other by name. Cases are generated when there is neither a text nor a file, or on request.
 */
export function resolveInputs(
  config: InputsConfig,
  overrides: CheckOverrides,
  reference: string,
  directory: string,
  cwd: string,
  { hasGolden }: { readonly hasGolden: boolean },
): ResolvedInputs {
  const typed = overrides.texts !== undefined && overrides.texts.length > 0;
  const texts = typed ? [...(overrides.texts ?? [])] : listOf(config.text);
  const files = typed ? [] : listOf(config.files).map((file) => resolve(directory, file));
  const vocabulary =
    overrides.vocab !== undefined
      ? resolve(cwd, overrides.vocab)
      : config.vocab !== undefined
        ? resolve(directory, config.vocab)
        : vocabularyBeside(reference);
  // A golden holds the texts' ids: where there is no vocabulary they are taken from it.
  if (texts.length > 0 && vocabulary === null && !hasGolden) throw noVocabulary(reference);
  const wanted = typed ? undefined : config.generate;
  return {
    texts,
    vocabulary,
    files,
    values: mergeValues(config, overrides, directory, cwd),
    generate: wanted ?? (texts.length === 0 && files.length === 0),
    ...(config.layout === undefined ? {} : { layout: config.layout }),
  };
}

function mergeValues(config: InputsConfig, overrides: CheckOverrides, directory: string, cwd: string): ResolvedValue[] {
  const merged = new Map<string, ResolvedValue>();
  for (const [name, spec] of Object.entries(config.values ?? {})) merged.set(name, { name, spec, directory });
  for (const [name, spec] of overrides.values ?? []) merged.set(name, { name, spec, directory: cwd });
  return [...merged.values()];
}

/** The reference's own folder, when it holds a vocabulary as published models do. */
function vocabularyBeside(reference: string): string | null {
  const folder = folderOf(reference);
  return existsSync(join(folder, "encoder.json")) || existsSync(join(folder, "tokenizer.json")) ? folder : null;
}

function noVocabulary(reference: string): ParityError {
  const folder = folderOf(reference);
  return new ParityError(
    "CONFIG_INVALID",
    `A text needs a vocabulary, and there is no encoder.json beside the reference in ${folder}.`,
    {
      where: { file: folder, key: "inputs.vocab" },
      hint: "Give the folder that holds encoder.json and vocab.bpe (or tokenizer.json): --vocab DIR",
    },
  );
}

function folderOf(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? path : dirname(path);
}

function listOf(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
