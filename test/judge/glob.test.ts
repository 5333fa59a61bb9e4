import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesGlob } from "../../src/judge/glob.js";

describe("globs over names", () => {
  it.each([
    ["h.*.attn", "h.3.attn", true],
    ["h.*.attn", "h.3.attn.c_proj", false],
    ["h.*.attn", "h.3.x.attn", false],
    ["h.**", "h.3.attn.c_proj", true],
    ["**.c_proj", "h.3.attn.c_proj", true],
    ["*", "wte", true],
    ["*", "h.3", false],
    ["model/h*/ln_?", "model/h11/ln_1", true],
    ["model/h*/ln_?", "model/h1/ln_12", false],
    ["model/*", "model/h0/attn", false],
    ["h.{0,11}.ln_{1,2}", "h.11.ln_2", true],
    ["h.{0,11}.ln_{1,2}", "h.1.ln_2", false],
    ["h.{1,{2,3}}", "h.3", true],
    ["(output)", "(output)", true],
    ["h.0[0]", "h.0[0]", true],
    ["h.0[0]", "h.00", false],
    ["a.b", "axb", false],
    ["", "", true],
  ])("%s on %s: %s", (glob, name, matches) => {
    expect(matchesGlob(glob, name)).toBe(matches);
  });

  it.each([
    ["{a", "{a"],
    ["a}", "a}"],
    ["}{", "}{"],
    ["{a,{b}", "{a,b"],
  ])("%s has a brace too many, which is taken by the letter", (glob, name) => {
    expect(matchesGlob(glob, name)).toBe(true);
    expect(matchesGlob(glob, "a")).toBe(false);
  });

  it("no text is a glob that cannot be read", () => {
    const odd = fc.string({ unit: fc.constantFrom("{", "}", ",", "*", "?", "(", "[", "\\", "a", ".", "\n") });
    fc.assert(fc.property(odd, odd, (glob, name) => typeof matchesGlob(glob, name) === "boolean"));
  });

  it("a name without special characters matches itself and nothing else", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "1", ".", "/", "_"), minLength: 1 });
    fc.assert(fc.property(name, name, (a, b) => matchesGlob(a, b) === (a === b)));
  });
});
