import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { ParityError } from "../errors.js";
import { inputsError } from "./inputs-error.js";

export interface TokenizedText {
  readonly ids: number[];
  readonly tokens: string[];
}

/** A model's own way from text to token ids and back. */
export interface TextTokenizer {
  /** The file or files it was built from. */
  readonly source: string;
  encode(text: string): TokenizedText;
  decode(ids: readonly number[]): string;
}

const END_OF_TEXT = "<|endoftext|>";
const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
/** Parts that the library insists on and that files by hand leave out. */
const OPTIONAL_PARTS = { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };

/**
 * The token ids of a text under the vocabulary of a folder; see `loadTokenizer`. No start or end token is added: the ids are
 * what the original code's encoder gives.
 */
export function tokenizeText(text: string, vocabularyDirectory: string): TokenizedText {
  return loadTokenizer(vocabularyDirectory).encode(text);
}

/**
 * Builds the tokenizer of a folder: from `encoder.json` + `vocab.bpe` as GPT-2 publishes them (byte-level BPE, no space put
 * in front, `<|endoftext|>` one token), else from `tokenizer.json`.
 */
export function loadTokenizer(directory: string): TextTokenizer {
  const encoder = join(directory, "encoder.json");
  const merges = join(directory, "vocab.bpe");
  const single = join(directory, "tokenizer.json");
  if (existsSync(encoder) && existsSync(merges)) {
    return wrap(buildGpt2Tokenizer(readVocabulary(encoder), readMerges(merges)), encoder);
  }
  if (existsSync(single)) return wrap(buildFromTokenizerJson(single), single);
  const lonely = existsSync(encoder)
    ? " (only encoder.json is there)"
    : existsSync(merges)
      ? " (only vocab.bpe is there)"
      : "";
  throw new ParityError(
    "FILE_NOT_FOUND",
    `No vocabulary in ${directory}${lonely}: expected encoder.json and vocab.bpe.`,
    {
      where: { file: directory },
      hint: "Give the folder that holds both files (or one tokenizer.json): --vocab DIR",
    },
  );
}

function wrap(tokenizer: Tokenizer, source: string): TextTokenizer {
  return {
    source,
    encode(text) {
      const { ids, tokens } = tokenizer.encode(text, { add_special_tokens: false });
      return { ids, tokens };
    },
    decode(ids) {
      if (ids.length === 0) return "";
      return tokenizer.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false });
    },
  };
}

function buildGpt2Tokenizer(vocab: Record<string, number>, merges: string[]): Tokenizer {
  const endOfText = vocab[END_OF_TEXT];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const description = {
    version: "1.0",
    added_tokens: endOfText === undefined ? [] : [{ id: endOfText, content: END_OF_TEXT, ...flags }],
    normalizer: null,
    pre_tokenizer: BYTE_LEVEL,
    post_processor: null,
    decoder: BYTE_LEVEL,
    model: {
      type: "BPE",
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      byte_fallback: false,
      vocab,
      merges,
    },
  };
  return new Tokenizer(description, { clean_up_tokenization_spaces: false });
}

function buildFromTokenizerJson(file: string): Tokenizer {
  const description = readJson(file);
  if (typeof description !== "object" || description === null || !("model" in description)) {
    throw inputsError(`${file} is not a tokenizer.json: it has no "model".`, { file });
  }
  try {
    return new Tokenizer({ ...OPTIONAL_PARTS, ...description }, { clean_up_tokenization_spaces: false });
  } catch (error) {
    throw new ParityError(
      "FORMAT_UNSUPPORTED",
      `${file} describes a tokenizer that cannot be built: ${reasonOf(error)}`,
      {
        where: { file },
        hint: "Tokenize the text yourself and give the ids: --input 'X=[[1,2,3]]'",
        cause: error,
      },
    );
  }
}

function readVocabulary(file: string): Record<string, number> {
  const value = readJson(file);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw inputsError(`${file} is not a vocabulary: expected an object of token → id.`, { file });
  }
  for (const [token, id] of Object.entries(value)) {
    if (!Number.isInteger(id) || id < 0) {
      throw inputsError(`${file}: the id of ${JSON.stringify(token)} is ${JSON.stringify(id)}, not a whole number.`, {
        file,
        key: token,
      });
    }
  }
  return value as Record<string, number>;
}

/** The merge rules of a `vocab.bpe`: one pair a line under a `#version` line. */
function readMerges(file: string): string[] {
  const lines = readFileSync(file, "utf8").split(/\r?\n/);
  const merges: string[] = [];
  lines.forEach((line, index) => {
    if (line === "" || (index === 0 && line.startsWith("#version"))) return;
    if (line.split(" ").length !== 2) {
      throw inputsError(`${file} line ${index + 1} is not a merge rule: expected two tokens with a space between.`, {
        file,
        line: index + 1,
      });
    }
    merges.push(line);
  });
  return merges;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw inputsError(`${file} is not JSON: ${reasonOf(error)}`, { file });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
