import { describe, expect, it } from "vitest";
import { nearestWord } from "../../src/config/nearest.js";

describe("suggestions for misspelt words", () => {
  it.each([
    ["tolernace", "tolerance"],
    ["Timeout", "timeout"],
    ["otu", "out"],
    ["reference", "reference"],
    ["refrence", "reference"],
  ])("takes %s for %s", (word, meant) => {
    expect(nearestWord(word, ["out", "timeout", "tolerance", "tolerances", "reference"])).toBe(meant);
  });

  it("suggests nothing for a word that resembles none", () => {
    expect(nearestWord("banana", ["out", "timeout", "tolerance"])).toBeNull();
    expect(nearestWord("x", [])).toBeNull();
  });
});
