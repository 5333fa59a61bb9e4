import { describe, expect, it } from "vitest";
import { compareResults } from "../../src/report/compare-results.js";
import { badResult, goodResult } from "../helpers/sample-result.js";

describe("what changed from one run of a watch to the next", () => {
  it("names what was fixed and what is new", () => {
    expect(compareResults(badResult(), goodResult())).toEqual({
      fixed: ["h.3.attn.c_proj"],
      still: [],
      fresh: [],
      gone: [],
    });
    expect(compareResults(goodResult(), badResult()).fresh).toEqual(["h.3.attn.c_proj"]);
  });

  it("says of what still differs by how much now and before", () => {
    expect(compareResults(badResult(), badResult()).still).toEqual([
      { pair: "h.3.attn.c_proj", now: "×5.4e5 noise", before: "×5.4e5 noise" },
    ]);
  });

  it("never calls a pair fixed that is no longer compared", () => {
    const bad = badResult();
    const after = { ...goodResult(), pairs: goodResult().pairs.filter((pair) => pair.id !== "h.3.attn.c_proj") };
    const changes = compareResults(bad, after);
    expect(changes.fixed).toEqual([]);
    expect(changes.gone).toEqual(["h.3.attn.c_proj"]);
  });
});
