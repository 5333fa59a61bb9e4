import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatRoute,
  LAYER_VIEWS,
  OVERVIEW,
  PICTURE_VIEWS,
  parseRoute,
} from "../../../../../src/report/html/page/route/route.js";

const text = fc.string({ unit: "grapheme" });

describe("an address", () => {
  test("gives back the layer that it was made of, whatever characters its name has", () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom(...LAYER_VIEWS),
        fc.constantFrom(...PICTURE_VIEWS),
        fc.nat(500),
        (layer, query, show, picture, plane) => {
          const route = { layer, section: null, query, show, picture, plane };
          expect(parseRoute(formatRoute(route))).toEqual(route);
        },
      ),
    );
  });

  test("names findings and parts of the overview", () => {
    expect(formatRoute({ section: "finding-2" })).toBe("#/finding/2");
    expect(parseRoute("#/finding/2").section).toBe("finding-2");
    expect(parseRoute(formatRoute({ section: "weights" })).section).toBe("weights");
    expect(parseRoute("#/layer/h.3.attn.c_proj?view=ulp&plane=3")).toEqual({
      ...OVERVIEW,
      layer: "h.3.attn.c_proj",
      picture: "ulp",
      plane: 3,
    });
  });

  test("a cut or mistyped one is the overview, never a failure", () => {
    for (const hash of ["", "#", "#/", "#/?show=nothing&plane=-1&view=x", "#nonsense?plane=1e99"]) {
      expect({ ...parseRoute(hash), section: null }).toEqual(OVERVIEW);
    }
    expect(parseRoute("#/layer/%E0%A4%A").layer).toBe("%E0%A4%A");
  });
});
