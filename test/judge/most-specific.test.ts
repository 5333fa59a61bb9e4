import { expect, it } from "vitest";
import { mostSpecific } from "../../src/judge/most-specific.js";

const choose = (globs: readonly string[], candidate: string, reference = "x") =>
  mostSpecific(
    globs.map((glob) => ({ glob })),
    { candidate, reference },
  )?.glob;

it("a name wins over a glob and a narrow glob over a wide one, in whatever order they stand", () => {
  for (const globs of [
    ["**", "h.*.attn", "h.0.attn"],
    ["h.0.attn", "h.*.attn", "**"],
  ]) {
    expect(choose(globs, "h.0.attn")).toBe("h.0.attn");
    expect(choose(globs, "h.1.attn")).toBe("h.*.attn");
    expect(choose(globs, "ln_f")).toBe("**");
  }
  expect(choose(["h.*"], "ln_f")).toBeUndefined();
});

it("of equals the first counts, and alternatives in braces count for nothing", () => {
  expect(choose(["h.?.attn", "h.*.attn"], "h.0.attn")).toBe("h.?.attn");
  expect(choose(["h.{0,1,2}.attn", "h.0.*"], "h.0.attn")).toBe("h.{0,1,2}.attn");
  expect(choose(["model/**", "h.0"], "h.0", "model/h0")).toBe("model/**");
});
