import { describe, expect, it } from "vitest";
import type { Pair } from "../../src/align/types.js";
import { SAME_LAYOUT } from "../../src/compare/types.js";
import type { ResolvedTolerance } from "../../src/config/resolved.js";
import { ParityError } from "../../src/errors.js";
import { checkGlobs, resolveTolerance } from "../../src/judge/resolve-tolerance.js";

const pair = (candidate: string, reference: string): Pair => ({
  id: candidate,
  reference,
  candidate,
  layout: SAME_LAYOUT,
  matchedBy: "name",
  confidence: 1,
  because: "",
});
const bounds = (atol: number) => ({ atol, rtol: 0 });
const rules: ResolvedTolerance = {
  default: bounds(1),
  perDType: { float16: bounds(2) },
  globs: [
    { glob: "h.0.*", tolerance: bounds(3) },
    { glob: "model/**", tolerance: "auto" },
  ],
};

describe("which tolerance applies", () => {
  it.each([
    [
      "of two globs that fit the more specific one, wherever it stands",
      pair("h.0.ln_1", "model/h0/ln_1"),
      "float16",
      null,
    ],
    ["a glob on the port's name", pair("h.0.ln_1", "other"), "float16", 3],
    ["a glob on the original's name", pair("other", "model/h0"), "float16", null],
    ["the tap's dtype before the default", pair("other", "else"), "float16", 2],
    ["the default for any other tap", pair("other", "else"), "float32", 1],
  ])("%s", (_, one, dtype, atol) => {
    const rule = resolveTolerance(rules, one, dtype);
    expect(rule.kind === "explicit" ? rule.bounds.atol : null).toBe(atol);
  });

  it("is told with the place where it was set", () => {
    const from = (one: Pair, dtype: string) => {
      const rule = resolveTolerance(rules, one, dtype);
      return rule.kind === "explicit" ? rule.from : rule.kind;
    };
    expect(from(pair("h.0.ln_1", "x"), "float32")).toBe('tolerances["h.0.*"]');
    expect(from(pair("other", "x"), "float16")).toBe("the default for float16");
    expect(from(pair("other", "x"), "float32")).toBe("tolerance");
    expect(resolveTolerance({ default: "auto", perDType: {}, globs: [] }, pair("a", "b"), "float32").kind).toBe("auto");
  });
});

describe("a glob that matches nothing", () => {
  it("is an error that names it and shows what names there are", () => {
    const act = () => checkGlobs(rules, [pair("h.1.ln_1", "model/h1/ln_1")]);
    expect(act).toThrow(ParityError);
    expect(act).toThrow('tolerances["h.0.*"] matches no compared tap');
    try {
      act();
    } catch (error) {
      expect((error as ParityError).code).toBe("CONFIG_INVALID");
      expect((error as ParityError).hint).toContain("h.1.ln_1 (model/h1/ln_1)");
    }
  });

  it("is no error when each matches a name of either side", () => {
    expect(() => checkGlobs(rules, [pair("h.0.ln_1", "x"), pair("y", "model/z")])).not.toThrow();
  });
});
