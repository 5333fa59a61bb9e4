import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildTree } from "../../src/inspect/build-tree.js";
import { foldBlocks } from "../../src/inspect/fold-tree.js";
import { renderTree } from "../../src/inspect/render-tree.js";
import type { InspectedVariable } from "../../src/inspect/types.js";
import { createPaint } from "../../src/report/terminal/paint.js";

function variable(name: string, shape: readonly number[]): InspectedVariable {
  const elements = shape.reduce((product, size) => product * size, 1);
  return { name, key: name, kind: "parameter", dtype: "float32", shape, elements, bytes: 4 * elements, of: null };
}

const OPTIONS = { paint: createPaint(false), width: 80, depth: null, full: false, usualType: "float32" };

describe("the tree of a model", () => {
  const blocks = Array.from({ length: 12 }, (_, i) => variable(`m/h${i}/w`, i === 5 ? [2, 3] : [2, 2]));
  // As a checkpoint lists them: h0, h1, h10, h11, h2 …
  const sorted = [...blocks].sort((a, b) => (a.name < b.name ? -1 : 1));

  it("folds blocks that are made alike, in the order of their numbers, and shows the one that differs", () => {
    expect(renderTree(buildTree([...sorted, variable("m/bias", [3])]), OPTIONS).map((line) => line.trimEnd())).toEqual(
      [
        "  m                        53",
        "    h0 … h4   ×5  w 2×2  4 each",
        "    h5             w 2×3       6",
        "    h6 … h11  ×6  w 2×2  4 each",
        "    bias           3           3",
      ].map((line) => expect.stringMatching(new RegExp(line.replace(/[ ]+/g, "\\s+").replace(/[.×…]/g, ".")))),
    );
  });

  it("unfolds on demand and stops at a depth", () => {
    expect(renderTree(buildTree(sorted), { ...OPTIONS, full: true })).toHaveLength(13);
    const [only, ...others] = renderTree(buildTree([...sorted, variable("m/a/b/c", [1])]), { ...OPTIONS, depth: 1 });
    expect([only, others]).toEqual([expect.stringContaining("13 tensors"), []]);
  });

  it("never prints a control character of a name, nor a line wider than the terminal", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 }), (names) => {
        const lines = renderTree(buildTree(names.map((name) => variable(name, [2, 2]))), OPTIONS);
        for (const line of lines) {
          expect([...line].length).toBeLessThanOrEqual(OPTIONS.width);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
          expect(line).not.toMatch(/[\u0000-\u001f]/);
        }
      }),
    );
  });

  it("folds no two blocks of which anything differs", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 10 }), (sizes) => {
        const tree = buildTree(sizes.map((size, i) => variable(`h${i}/w`, [size])));
        const folded = foldBlocks(tree.children, false);
        expect(folded.reduce((sum, block) => sum + block.count, 0)).toBe(sizes.length);
        for (const { first, last } of folded) expect(first.elements).toBe(last.elements);
      }),
    );
  });
});
