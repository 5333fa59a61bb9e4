import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assignWeights } from "../../src/align/assign-weights.js";
import { countAlike } from "../../src/align/numbering.js";

const blocks = (name: (i: number) => string, from: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => name(from + i));

describe("layers that one side counts from 1 and the other from 0", () => {
  it("are read in the port's way of counting, at whatever place of the name", () => {
    const names = [1, 2, 3].flatMap((i) => [`net/stage_${i}/conv_1/w`, `net/stage_${i}/conv_2/w`]);
    const others = [0, 1, 2].flatMap((i) => [`stage.${i}.conv.0.weight`, `stage.${i}.conv.1.weight`]);
    const read = countAlike(names, others);
    expect(read("net/stage_1/conv_2/w")).toBe("net/stage_0/conv_1/w");
    expect(read("net/stage_3/conv_1/w")).toBe("net/stage_2/conv_0/w");
  });

  it("stay as they are where both count alike, where one side has more, and where a number is missing", () => {
    const same = countAlike(
      blocks((i) => `h${i}/w`, 0, 4),
      blocks((i) => `h.${i}.w`, 0, 4),
    );
    expect(same("h1/w")).toBe("h1/w");
    const more = countAlike(
      blocks((i) => `h${i}/w`, 1, 4),
      blocks((i) => `h.${i}.w`, 0, 5),
    );
    expect(more("h1/w")).toBe("h1/w");
    const gap = countAlike(["h1/w", "h3/w"], ["h.0.w", "h.1.w"]);
    expect(gap("h1/w")).toBe("h1/w");
    // One of each says nothing about counting: it may be another layer.
    expect(countAlike(["fc1/w"], ["fc.0.w"])("fc1/w")).toBe("fc1/w");
  });

  it("give every parameter the variable of its own place, by names alone", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.constantFrom(0, 1), (count, from) => {
        const parameters = blocks((i) => `stage.${i}.weight`, 1 - from, count).map((name) => ({
          name,
          module: name.replace(".weight", ""),
          moduleType: "Linear",
          shape: [8, 8],
          expectedLayout: "linear",
          sameAs: null,
        }));
        const variables = blocks((i) => `stage_${i}/kernel`, from, count).map((key) => ({ key, shape: [8, 8] }));
        const found = assignWeights(parameters, variables, {}, () => false);
        expect(found.map((one) => one.key)).toEqual(variables.map((one) => one.key));
      }),
    );
  });
});
