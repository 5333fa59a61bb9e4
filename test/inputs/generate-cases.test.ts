import { describe, expect, it } from "vitest";
import { generateCases } from "../../src/inputs/generate-cases.js";
import { hashInput } from "../../src/inputs/hash-input.js";
import type { Case, InputSignature } from "../../src/inputs/types.js";
import { IDS, numbersOf, other } from "./signatures.js";

const shapesOf = (cases: Case[]) => cases.map((one) => one.inputs.map((input) => input.shape));
const input = (cases: Case[], index: number, name: string) => cases[index]?.inputs.find((one) => one.name === name);

describe("generated cases", () => {
  it("runs a language model at 1×1, 3×7 and its whole context", () => {
    const cases = generateCases([IDS], { seed: 0 });
    expect(shapesOf(cases)).toEqual([[[1, 1]], [[3, 7]], [[1, 16]]]);
    expect(cases.map(({ id, label }) => [id, label])).toEqual([
      ["c0", "batch 1, length 1"],
      ["c1", "batch 3, length 7"],
      ["c2", "batch 1, length 16"],
    ]);
  });

  it("takes 32 tokens where the graph does not tell the context length", () => {
    expect(shapesOf(generateCases([{ ...IDS, contextLength: null }], { seed: 0 }))[2]).toEqual([[1, 32]]);
  });

  it("never goes beyond a context shorter than seven tokens", () => {
    expect(shapesOf(generateCases([{ ...IDS, contextLength: 4 }], { seed: 0 }))).toEqual([
      [[1, 1]],
      [[3, 4]],
      [[1, 4]],
    ]);
  });

  it("looks up the first and the last row of the embedding table in every case with room, and stays inside it", () => {
    for (let seed = 0; seed < 50; seed++) {
      const [one, ...roomy] = generateCases([IDS], { seed });
      for (const id of numbersOf(one?.inputs[0])) expect(id).toBeLessThan(50);
      for (const { inputs } of roomy) {
        const ids = numbersOf(inputs[0]);
        expect(Math.min(...ids)).toBe(0);
        expect(Math.max(...ids)).toBe(49);
      }
    }
  });

  it("gives the same bytes for a seed for ever, or goldens would be refused after an update", () => {
    const signatures = [IDS, other("image", [null, 4], "float32")];
    const hashes = generateCases(signatures, { seed: 0 }).flatMap((one) =>
      one.inputs.map((tensor) => hashInput(tensor).slice(0, 16)),
    );
    expect(hashes).toMatchInlineSnapshot(`
      [
        "1db613f6788918e4",
        "cc1843c2f9ad2427",
        "41bbfa869db9a638",
        "e317ea1878185693",
        "9cafdd7a4b15d0a1",
        "7a4599b861f26a40",
      ]
    `);
    expect(numbersOf(generateCases([IDS], { seed: 0 })[1]?.inputs[0])).toMatchInlineSnapshot(`
      [
        49,
        0,
        18,
        48,
        17,
        10,
        0,
        44,
        28,
        8,
        9,
        36,
        23,
        35,
        17,
        43,
        20,
        19,
        32,
        29,
        0,
      ]
    `);
  });

  it("gives other values for another seed", () => {
    const [a, b] = [0, 1].map((seed) => generateCases([IDS], { seed })[2]?.inputs[0]);
    expect(numbersOf(a)).not.toEqual(numbersOf(b));
  });

  it("leaves an input's bytes alone when another input is added", () => {
    const alone = generateCases([IDS], { seed: 3 });
    const beside = generateCases([other("mask", [null, null]), IDS], { seed: 3 });
    for (const index of [0, 1, 2]) expect(input(beside, index, "X")).toEqual(input(alone, index, "X"));
  });

  it("gives ids, mask and token types the same sizes, and pads on the right in the batch of three only", () => {
    const types: InputSignature = { ...IDS, name: "token_type_ids", vocabularySize: 2 };
    const cases = generateCases([IDS, other("attention_mask", [null, null], "int32"), types], { seed: 0 });
    expect(shapesOf(cases)).toEqual([
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      [
        [3, 7],
        [3, 7],
        [3, 7],
      ],
      [
        [1, 16],
        [1, 16],
        [1, 16],
      ],
    ]);
    expect(numbersOf(input(cases, 1, "attention_mask"))).toEqual([
      ...[1, 1, 1, 1, 1, 1, 1],
      ...[1, 1, 1, 1, 1, 0, 0],
      ...[1, 1, 1, 0, 0, 0, 0],
    ]);
    expect(new Set(numbersOf(input(cases, 2, "attention_mask")))).toEqual(new Set([1]));
    expect(new Set(numbersOf(input(cases, 1, "token_type_ids")))).toEqual(new Set([0, 1]));
  });

  it("fills boolean and four-dimensional masks with the sequence length", () => {
    const cases = generateCases([IDS, other("mask", [null, 1, null, null], "bool")], { seed: 0 });
    expect(input(cases, 1, "mask")?.shape).toEqual([3, 1, 7, 7]);
    expect(numbersOf(input(cases, 1, "mask")).slice(-7)).toEqual([1, 1, 1, 0, 0, 0, 0]);
  });

  it("gives images an even height with an odd width and the other way round, in batches of 1 and 3", () => {
    const cases = generateCases([other("image", [null, null, null, 3])], { seed: 0 });
    expect(shapesOf(cases)).toEqual([[[1, 32, 33, 3]], [[3, 33, 32, 3]]]);
    expect(cases.map((one) => one.label)).toEqual(["image 1×32×33×3", "image 3×33×32×3"]);
    const values = numbersOf(cases[0]?.inputs[0]);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(Math.max(...values)).toBeGreaterThan(2);
  });

  it("gives other inputs 8 and 9 where the graph leaves an axis open", () => {
    expect(shapesOf(generateCases([other("features", [null, null, 5])], { seed: 0 }))).toEqual([
      [[1, 8, 5]],
      [[3, 9, 5]],
    ]);
  });

  it("makes one case where the graph fixes every size", () => {
    expect(shapesOf(generateCases([other("x", [2, 3])], { seed: 0 }))).toEqual([[[2, 3]]]);
    expect(shapesOf(generateCases([{ ...IDS, shape: [1, 5] }], { seed: 0 }))).toEqual([[[1, 5]]]);
  });

  it("lets a mask follow ids whose length the graph fixes", () => {
    const cases = generateCases([{ ...IDS, shape: [null, 5] }, other("mask", [null, null])], { seed: 0 });
    expect(shapesOf(cases)).toEqual([
      [
        [1, 5],
        [1, 5],
      ],
      [
        [3, 5],
        [3, 5],
      ],
    ]);
  });

  it("switches dropout and training off instead of tossing a coin for them", () => {
    const signatures = [IDS, other("keep_prob", null), other("dropout_rate", []), other("is_training", [], "bool")];
    for (const one of generateCases(signatures, { seed: 0 })) {
      expect(one.inputs.slice(1).map((tensor) => [tensor.shape, numbersOf(tensor)])).toEqual([
        [[], [1]],
        [[], [0]],
        [[], [0]],
      ]);
    }
  });

  it("keeps integers of unknown meaning at 0 and 1, but fills uint8 pixels to 255", () => {
    const cases = generateCases([other("segments", [null, 200], "int32"), other("pixels", [null, 2000], "uint8")], {
      seed: 0,
    });
    expect(new Set(numbersOf(input(cases, 0, "segments")))).toEqual(new Set([0, 1]));
    expect(Math.max(...numbersOf(input(cases, 0, "pixels")))).toBeGreaterThan(250);
    expect(
      new Set(numbersOf(input(generateCases([other("flags", [null, 200], "bool")], { seed: 0 }), 0, "flags"))),
    ).toEqual(new Set([0, 1]));
  });

  it("keeps the inputs that the user gave and fits the others to them", () => {
    const given = { name: "X", dtype: "int32" as const, shape: [2, 4], data: new Uint8Array(32) };
    const cases = generateCases([IDS, other("mask", [null, null])], { seed: 0, given: [given] });
    expect(shapesOf(cases)).toEqual([
      [
        [2, 4],
        [2, 4],
      ],
    ]);
    expect(cases[0]?.inputs[0]).toBe(given);
    expect(generateCases([IDS], { seed: 0, given: [given] })[0]?.label).toBe("given values");
  });

  it("takes ids of unknown rank as [batch, length]", () => {
    expect(shapesOf(generateCases([{ ...IDS, shape: null }], { seed: 0 }))).toEqual([[[1, 1]], [[3, 7]], [[1, 16]]]);
  });

  it("says how to give an input whose rank the graph does not tell", () => {
    expect(() => generateCases([IDS, other("past", null)], { seed: 0 })).toThrow(
      "The graph does not say how many dimensions input past has, so no values can be made for it (inputs: X int32 [?, ?], past float32 […]).",
    );
  });

  it("says that strings cannot be generated, and that a model without inputs has nothing to vary", () => {
    expect(() => generateCases([other("text", [null], "string")], { seed: 0 })).toThrow(
      "Input text [?] cannot be filled with values of type string.",
    );
    expect(() => generateCases([], { seed: 0 })).toThrow("The reference has no inputs");
  });
});

describe("inputs that count the valid steps of each row", () => {
  const frames = other("frames", [null, null, 4]);

  it.each(["lengths", "seq_len", "inputs/sequence_length", "input_lens"])(
    "%s go from the whole sequence down, never to 0",
    (name) => {
      const cases = generateCases([frames, other(name, [null], "int32")], { seed: 0 });
      expect(shapesOf(cases).map(([first]) => first)).toEqual(
        [
          [1, 8, 9],
          [3, 9, 8],
        ].map(([batch, steps]) => [batch, steps, 4]),
      );
      expect(cases.map((_, i) => numbersOf(input(cases, i, name)))).toEqual([[8], [9, 6, 3]]);
    },
  );

  it("agree with the mask of the same case", () => {
    const cases = generateCases([IDS, other("mask", [null, null], "int32"), other("lengths", [null], "int32")], {
      seed: 0,
    });
    const mask = numbersOf(input(cases, 1, "mask"));
    const sums = [0, 1, 2].map((row) => mask.slice(7 * row, 7 * row + 7).reduce((a, b) => a + b));
    expect(numbersOf(input(cases, 1, "lengths"))).toEqual(sums);
  });

  it("are told by their whole name: a wavelength is filled like any other number", () => {
    const cases = generateCases([frames, other("wavelength", [null], "int32")], { seed: 0 });
    expect(Math.max(...numbersOf(input(cases, 1, "wavelength")))).toBeLessThan(2);
  });
});
