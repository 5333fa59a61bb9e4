import { describe, expect, it } from "vitest";
import { mapInputs } from "../../src/check/map-inputs.js";
import { keepFitting, limitsOfOriginal } from "../../src/check/program-limits.js";
import type { Case, InputSignature } from "../../src/inputs/types.js";
import type { CandidateDescription } from "../../src/runners/candidate.js";

const exactly = (size: number) => ({ least: size, most: size, step: 1 });
const any = { least: 0, most: null, step: 1 };
const image: InputSignature = {
  name: "images",
  dtype: "float32",
  shape: [null, null, null, 3],
  role: "other",
  vocabularySize: null,
  contextLength: null,
};
const inputs = [{ name: "x", required: true, sizes: [any, exactly(3), exactly(32), exactly(48)] }];
const mapping = new Map([["images", { parameter: "x" }]]);
const one = (id: string, shape: number[]): Case => ({
  id,
  label: id,
  inputs: [{ name: "images", dtype: "float32", shape, data: new Uint8Array() }],
});

describe("a program's sizes for an original's inputs", () => {
  it("are turned into the original's order of axes: channels first there, last here", () => {
    expect(limitsOfOriginal([image], inputs, mapping, undefined).get("images")).toEqual([
      any,
      exactly(32),
      exactly(48),
      exactly(3),
    ]);
  });

  it("cases that do not fit in any order are left out and said to be; when none is left that is an error", () => {
    const kept = keepFitting([one("c0", [1, 32, 48, 3]), one("c1", [1, 32, 32, 3])], inputs, mapping, undefined);
    expect(kept.cases.map(({ id }) => id)).toEqual(["c0"]);
    expect(kept.warnings).toEqual([
      "case c1 (c1) was left out: the program takes x of [any, 3, 32, 48], and images is [1, 32, 32, 3] there",
    ]);
    expect(() => keepFitting([one("c1", [1, 32, 32, 3])], inputs, mapping, undefined)).toThrow(
      expect.objectContaining({ code: "INPUTS_INVALID" }),
    );
  });
});

describe("inputs of language models", () => {
  const signature = (name: string): InputSignature => ({ ...image, name, dtype: "int32", shape: [null, null] });
  const description: CandidateDescription = {
    inputs: ["input_ids", "attention_mask", "token_type_ids"].map((name) => ({ name, required: name === "input_ids" })),
    modules: [],
    parameters: [],
    warnings: [],
  };

  it.each([
    [["input_ids", "segment_ids", "input_mask"]],
    [["input_mask", "segment_ids", "input_ids"]],
    [["bert/token_type_ids", "bert/ids", "bert/mask"]],
  ])("are paired by what they mean, in whatever order %j come", (names) => {
    const found = mapInputs(names.map(signature), description, {});
    const meaning = { types: "token_type_ids", segment: "token_type_ids", mask: "attention_mask" };
    for (const name of names) {
      const wanted = Object.entries(meaning).find(([word]) => name.includes(word))?.[1];
      const isTypes = /type|segment/.test(name);
      expect(found.get(name)?.parameter).toBe(isTypes ? "token_type_ids" : (wanted ?? "input_ids"));
    }
  });
});
