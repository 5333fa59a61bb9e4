import { createRequire } from "node:module";
import { dirname } from "node:path";
import { encode } from "gpt-3-encoder";
import { describe, expect, it } from "vitest";
import type { ResolvedInputs } from "../../src/config/resolved.js";
import { makeCases } from "../../src/inputs/make-cases.js";
import { textCases } from "../../src/inputs/text-cases.js";
import type { InputSignature } from "../../src/inputs/types.js";
import { IDS, numbersOf, other } from "./signatures.js";

const VOCABULARY = dirname(createRequire(import.meta.url).resolve("gpt-3-encoder/package.json"));
const GPT2: InputSignature = { ...IDS, vocabularySize: 50257, contextLength: 16 };
const NOTHING: ResolvedInputs = { texts: [], vocabulary: null, files: [], values: [], generate: false };

describe("cases from texts", () => {
  it("makes one case per text, labelled by its beginning", () => {
    const cases = textCases(["Hello world", "A text that goes on\nfor longer than a label"], VOCABULARY, [GPT2], {
      seed: 0,
    });
    expect(cases.map(({ id, label }) => [id, label])).toEqual([
      ["c0", "text: Hello world"],
      ["c1", "text: A text that goes on for longer t…"],
    ]);
    expect(cases[0]?.inputs[0]?.shape).toEqual([1, 2]);
    expect(numbersOf(cases[0]?.inputs[0])).toEqual(encode("Hello world"));
  });

  it("fills mask and token types beside the ids in the same length", () => {
    const signatures = [
      other("input_mask", [null, null], "int32"),
      GPT2,
      { ...GPT2, name: "segments", vocabularySize: 2 },
    ];
    const [one] = textCases(["Hello world again"], VOCABULARY, signatures, { seed: 0 });
    expect(one?.inputs.map(numbersOf)).toEqual([[1, 1, 1], encode("Hello world again"), [0, 0, 0]]);
  });

  it("gives the same text to both halves of a model that shares one vocabulary", () => {
    const [one] = textCases(["Hello"], VOCABULARY, [GPT2, { ...GPT2, name: "Y" }], { seed: 0 });
    expect(one?.inputs.map(numbersOf)).toEqual([encode("Hello"), encode("Hello")]);
  });

  it("says that the vocabulary belongs to another model when its ids leave the embedding table", () => {
    expect(() => textCases(["Hello"], VOCABULARY, [IDS], { seed: 0 })).toThrow(
      'Token "Hello" has id 15496, but the model\'s embedding table has 50 rows: this vocabulary belongs to another model.',
    );
  });

  it("refuses texts that the model cannot take, with the reason", () => {
    const long = "word ".repeat(20).trim();
    expect(() => textCases([long], VOCABULARY, [GPT2], { seed: 0 })).toThrow(
      "has 20 tokens; the model has positions for 16.",
    );
    expect(() => textCases([""], VOCABULARY, [GPT2], { seed: 0 })).toThrow("An empty text has no tokens.");
    expect(() => textCases(["Hello"], VOCABULARY, [{ ...GPT2, shape: [1, 8] }], { seed: 0 })).toThrow(
      "The graph takes exactly 8 tokens (X [1, 8]); the text: Hello has 1.",
    );
    expect(() => textCases(["Hello"], VOCABULARY, [other("image", [1, 8])], { seed: 0 })).toThrow(
      "A text needs an input that takes token ids, and the reference has none. Its inputs: image float32 [1, 8].",
    );
  });
});

describe("all cases of a run", () => {
  const make = (inputs: Partial<ResolvedInputs>, signatures = [GPT2]) =>
    makeCases(signatures, { ...NOTHING, ...inputs }, 0);

  it("numbers texts and generated cases through", () => {
    const cases = make({ texts: ["Hello"], vocabulary: VOCABULARY, generate: true });
    expect(cases.map(({ id, label }) => [id, label])).toEqual([
      ["c0", "text: Hello"],
      ["c1", "batch 1, length 1"],
      ["c2", "batch 3, length 7"],
      ["c3", "batch 1, length 16"],
    ]);
  });

  it("makes one case of values that cover all inputs, written as a spec or as numbers", () => {
    const values = (spec: string | number[][]) => [{ name: "X", spec, directory: "/" }];
    expect(make({ values: values("[[1,2]]"), generate: true })).toEqual(
      make({ values: values([[1, 2]]), generate: true }),
    );
    expect(
      make({ values: values("[[1,2]]"), generate: true }).map((one) => [one.label, numbersOf(one.inputs[0])]),
    ).toEqual([["given values", [1, 2]]]);
  });

  it("uses a given value in every case", () => {
    const cases = make({ values: [{ name: "scale", spec: 2.5, directory: "/" }], generate: true }, [
      GPT2,
      other("scale", null),
    ]);
    expect(cases.map((one) => numbersOf(one.inputs[1]))).toEqual([[2.5], [2.5], [2.5]]);
  });

  it("says that a text and a value for the same input exclude each other", () => {
    const values = [{ name: "X", spec: "[[1]]", directory: "/" }];
    expect(() => make({ texts: ["Hello"], vocabulary: VOCABULARY, values })).toThrow(
      "A text has nowhere to go: X already has a value.",
    );
  });

  it("refuses to run without a single case", () => {
    expect(() => make({})).toThrow(
      "There are no inputs to run: generate is false and neither text nor files are given.",
    );
  });
});
