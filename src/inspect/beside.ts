import { readFileSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { filesIn, folderOf } from "../config/no-such-model.js";
import { isJsonObject } from "../formats/strict-json.js";
import type { TensorFile } from "../formats/types.js";
import type { Inspection } from "./types.js";

const SETTINGS = /^(hparams|params|config|model_config|hyper_?params|.*_config)\.json$/i;
const VOCABULARY =
  /^(encoder\.json|vocab(ulary)?\.(json|txt|bpe)|merges\.txt|tokenizer\.json|spiece\.model|sentencepiece\.bpe\.model|tokenizer\.model|.*\.(vocab|spm|subwords))$/i;

/** Files above this are not read whole for a number that is only shown. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The settings that lie beside a model, and those inside its file (Keras keeps the model's configuration there). */
export function readSettings(path: string, file: TensorFile): Inspection["settings"] {
  const folder = folderOf(path);
  const beside = filesIn(folder).filter((name) => SETTINGS.test(name));
  const found = beside.flatMap((name) => {
    const values = parseObject(join(folder, name));
    return values === null ? [] : [{ file: join(folder, name), values }];
  });
  const own = file.metadata.model_config;
  const inside = own === undefined ? null : tryParse(own);
  return isJsonObject(inside) ? [...found, { file: `${path} (inside)`, values: inside }] : found;
}

/** The vocabulary files beside a model, with their numbers of entries where these can be counted. */
export function readVocabularies(path: string): Inspection["vocabulary"] {
  const folder = folderOf(path);
  return filesIn(folder)
    .filter((name) => VOCABULARY.test(name))
    .map((name) => {
      const file = join(folder, name);
      return { file, entries: countEntries(file), bytes: statSync(file).size };
    });
}

function countEntries(file: string): number | null {
  if (statSync(file).size > MAX_BYTES) return null;
  const name = basename(file).toLowerCase();
  if (extname(name) === ".json") {
    const values = parseObject(file);
    const model = values?.model;
    const vocabulary = isJsonObject(model) ? model.vocab : name === "tokenizer.json" ? null : values;
    if (Array.isArray(vocabulary)) return vocabulary.length;
    return isJsonObject(vocabulary) ? Object.keys(vocabulary).length : null;
  }
  if (![".txt", ".bpe", ".vocab", ".subwords"].includes(extname(name))) return null;
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line, i) => line !== "" && !(i === 0 && line.startsWith("#version"))).length;
}

function parseObject(file: string): Readonly<Record<string, unknown>> | null {
  if (!statSync(file).isFile() || statSync(file).size > MAX_BYTES) return null;
  const value = tryParse(readFileSync(file, "utf8"));
  return isJsonObject(value) ? value : null;
}

/** What is beside a model by chance need not be whole. */
function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
