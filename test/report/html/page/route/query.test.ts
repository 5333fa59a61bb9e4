import { describe, expect, test } from "vitest";
import { parseQuery, passes, toggleField } from "../../../../../src/report/html/page/route/query.js";
import { badResult, goodResult } from "../../../../helpers/sample-result.js";

const { pairs, firstDivergence } = badResult(4);

function found(query: string): string[] {
  return pairs.filter((pair) => passes(pair, parseQuery(query), firstDivergence)).map((pair) => pair.id);
}

describe("a search", () => {
  test("by words finds what has all of them in a name or class of either side", () => {
    expect(found("h.3 layernorm")).toEqual(["h.3.ln_1", "h.3.ln_2"]);
    expect(found("model/h2/attn C_PROJ")).toEqual(["h.2.attn.c_proj"]);
  });

  test("by fields, alternatives, and their opposites", () => {
    expect(found("verdict:mismatch")).toEqual(["h.3.attn.c_proj"]);
    expect(found("verdict:identical,mismatch")).toEqual(["wte", "h.3.attn.c_proj"]);
    expect(found("-verdict:within is:first")).toEqual(["h.3.attn.c_proj"]);
    expect(found("module:h.1 type:linear -c_attn")).toEqual(["h.1.attn.c_proj", "h.1.mlp.c_fc", "h.1.mlp.c_proj"]);
    expect(found("is:output")).toEqual(["lm_head"]);
    const good = goodResult(4).pairs.filter((pair) => passes(pair, parseQuery("matched:output"), null));
    expect(good.map((pair) => pair.id)).toEqual(["lm_head"]);
  });

  test("quoted text is one thing, and a colon in a name is no field", () => {
    expect(found('"h.1 layernorm"')).toEqual([]);
    expect(found("reference:attn/c_proj/add:0 h.0")).toEqual(["h.0.attn.c_proj"]);
    expect(parseQuery("model/add:0")).toEqual([{ field: null, not: false, values: ["model/add:0"] }]);
    expect(parseQuery("block:3")).toEqual([{ field: null, not: false, values: ["block:3"] }]);
  });

  test("that is still being typed hides nothing", () => {
    for (const begun of ["", " ", "-", "verdict:", '"', "-verdict:", 'verdict:"']) {
      expect(found(begun)).toHaveLength(pairs.length);
    }
  });
});

test("a chip sets its field, replaces its other value, and takes itself back; other terms stay", () => {
  const set = toggleField('attn "c proj"', "verdict", "mismatch");
  expect(set).toBe('attn "c proj" verdict:mismatch');
  expect(toggleField(set, "verdict", "identical")).toBe('attn "c proj" verdict:identical');
  expect(toggleField(set, "verdict", "mismatch")).toBe('attn "c proj"');
});
